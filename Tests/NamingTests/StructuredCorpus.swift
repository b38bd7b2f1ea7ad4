import Naming

/// Made-up names, none of a real person, that hold an identifier.
enum StructuredCorpus {
    /// The category's names, one a line.
    static func names(_ category: NamingCategory) -> String {
        switch category {
        case .socialSecurity: socialSecurity
        case .taxpayer: taxpayer
        case .medicareBeneficiary: medicareBeneficiary
        case .medicalRecord: medicalRecord
        case .birthDate: birthDate
        case .email: email
        case .paymentCard: paymentCard
        }
    }

    /// One a line; each must be refused as `socialSecurity`.
    private static let socialSecurity = """
        Melanson_346-38-4634.txt
        074-50-7471.txt
        ssn_512-28-1671.txt
        521 08 0997 mammogram.doc
        ssn_373433678.pdf
        165-53-3275.png
        ssn_309335968.csv
        590-33-8388.png
        466-07-8339.jpg
        ssn_729051826.tiff
        514 84 6498 consult.txt
        162-45-8140.dcm
        Mathis_246-51-0870.pdf
        Gish_347-33-4293.docx
        SSN-364250274-vaccines.csv
        Brodie_252-58-2769.tiff
        810 11 6196 chart.docx
        ssn_899259391.jpg
        ssn=864752852.png
        534-43-4792.jpg
        089-20-1423.docx
        390 70 7509 billing statement.csv
        ssn=088760229.dcm
        ssn162827289.pdf
        ssn_361-48-6344.doc
        ssn627404363.csv
        Snow_838-47-5450.pdf
        Myrick_298-15-4155.tiff
        ssn_090-50-4657.pdf
        674 95 7876 chart.csv
        159-35-7217.txt
        033 39 7293 consult.csv
        SSN-585588954-ct.pdf
        ssn_577-98-9047.jpg
        SSN-688713069-prescription.pdf
        167 44 1021 visit note.csv
        Fry_269-39-2500.png
        ssn273555575.docx
        ssn=004146519.doc
        332 26 8045 vaccines.txt
        ssn760260385.dcm
        855-10-7925.jpg
        SSN-469557442-ct.docx
        684 16 0927 ct scan.doc
        Mattie_195-81-1608.docx
        Litteral_006-42-6137.txt
        Roa_274-15-9739.docx
        269-50-5455.doc
        ssn_118063104.docx
        Mcnealy_214-67-5062.tiff
        ssn_\u{FF15}\u{FF18}\u{FF12}-\u{FF14}\u{FF19}-\u{FF15}\u{FF17}\u{FF16}\u{FF13}.jpg
        685-0\u{AD}\u{AD}2-5537.txt
        754\u{2013}12\u{2013}5594.docx
        ssn_\u{FF16}\u{FF19}\u{FF19}-\u{FF14}\u{FF13}-\u{FF17}\u{FF16}\u{FF11}\u{FF19}.tiff
        528-02\u{200B}-421\u{200B}5.docx
        332-81-2\u{200B}4\u{200B}59.pdf
        ssn_\u{FF13}\u{FF17}\u{FF15}-\u{FF14}\u{FF10}-\u{FF13}\u{FF19}\u{FF19}\u{FF12}.png
        0\u{AD}\u{AD}59-32-9029.pdf
        ssn_\u{FF13}\u{FF15}\u{FF15}-\u{FF11}\u{FF19}-\u{FF11}\u{FF19}\u{FF19}\u{FF19}.pdf
        061\u{2013}80\u{2013}6416.jpg
        845\u{2013}67\u{2013}6617.pdf
        """

    /// One a line; each must be refused as `taxpayer`.
    private static let taxpayer = """
        ITIN932761318.txt
        ITIN946811940.dcm
        ITIN915743244.doc
        ITIN984579437.doc
        itin_948-96-5973.png
        ITIN932886436.jpg
        ITIN992794045.docx
        ITIN937620166.docx
        """

    /// One a line; each must be refused as `email`.
    private static let email = """
        mmoss@hotmail.com.pdf
        finn_laura@hotmail.com.pdf
        rene.galindez%40example.com.txt
        mail_cweimer@example.com.eml
        wade.angeles@example.com.pdf
        mail_corey53@hotmail.com.eml
        rashad.patil@gmail.com.pdf
        mail_brett29@example.com.eml
        madison45%40example.com.txt
        gyork%40gmail.com.txt
        mail_khobdy@example.com.eml
        lforero%40hotmail.com.txt
        mail_awinn@hotmail.com.eml
        patricia.stanfield%40example.com.txt
        dgravely%40hotmail.com.txt
        ramona.toledo@example.com.pdf
        """

    /// One a line; each must be refused as `medicalRecord`.
    private static let medicalRecord = """
        mrn=03328676.doc
        mrn_67212886.csv
        MRNE6613822_allergy.tiff
        patient_id_336565072.jpg
        mrn_037767.jpg
        mrn=7017626.png
        MRN68950026_intake.doc
        mrn=03158004.dcm
        MRN467296995_ultrasound.tiff
        MRN08212719_billing.csv
        chart_no_M40080922.pdf
        mrn=07339878.tiff
        patient_id_0408703.jpg
        chart_no_00762721.jpg
        MRNE7685624_ultrasound.doc
        patient_id_0124442.csv
        patient_id_542802696.pdf
        mrn=1131121.jpg
        mrn=23850883.txt
        chart_no_2774555.pdf
        MRN00675736_xray.csv
        mrn=9727022.jpg
        patient_id_07224449.csv
        MRN29440516_ultrasound.doc
        mrn_M17190368.txt
        chart_no_M42723894.csv
        patient_id_00735169.doc
        MRN994508551_mammogram.tiff
        """

    /// One a line; each must be refused as `birthDate`.
    private static let birthDate = """
        dob_27Feb1973.doc
        dob_12061975.dcm
        medical_dob_23Apr1983.docx
        consult_dob_12Aug1971.pdf
        dob_12-01-1980.doc
        dob_2May1956.png
        birthdate_20050906.jpg
        DOB-02-02-1932.txt
        birthdate_11-12-1948.csv
        dob_14Nov1983.dcm
        DOB-1967-06-05.pdf
        dob_20070411.dcm
        dob_4Nov1932.png
        DOB-04-09-1939.docx
        dob_1987-08-12.csv
        dob_1934-04-24.docx
        visit_dob_19970626.png
        DOB-22Oct1937.doc
        """

    /// One a line; each must be refused as `medicareBeneficiary`.
    private static let medicareBeneficiary = """
        4VP6RW2XK54_chart.csv
        medicare_2A92FN2HU55.csv
        2AN9M49GW16_xray.png
        5AA0PR4KQ23_labs.pdf
        mbi_8YY2Y63EE23.doc
        2JR4TT9GT84_medical.pdf
        1AN5-QA5-PJ88.jpg
        medicare_9PU5H05TD38.tiff
        9M27-FJ3-XC52.png
        mbi_6DH8WA9QH81.tiff
        mbi_7AT9PT1HG50.pdf
        9XM4FP7GY70_visit.doc
        6EF3-E63-NA38.png
        medicare_1JA8R75AH98.dcm
        2X11D11NU88_ekg.tiff
        2PN9-HE2-XG42.doc
        """

    /// One a line; each must be refused as `paymentCard`.
    private static let paymentCard = """
        card_5447169717286424.dcm
        4726-2727-3025-9314.pdf
        5161-6902-6995-7942.txt
        4996-5152-8663-8536.tiff
        5237-8452-9251-9917.pdf
        card_4080422118267849.csv
        6011-4103-5091-3294.png
        card_5512143741466971.dcm
        card_6011772757720238.png
        card_5110966300259064.csv
        """
}
