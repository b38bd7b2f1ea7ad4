/// A store of format version 1, as its first implementation wrote it: the path of each file and its
/// bytes in hexadecimal. The master key is the bytes 0 to 31.
///
/// "small/one" holds 1, 2, 3 in its own file, "parts" came from an upload of one part with "hello",
/// and an upload of "pending" is under way with part 2, "world". Never edit this: a new format gets
/// a fixture of its own.
let directoryStoreVersion1: [(path: String, hexadecimal: String)] = [
    (
        "store",
        """
        57415244444952310a5077ab082aa391341a79643459036a24000000d87acdbee93143d5e1c659f3\
        445b17e0695de535e0dccc003d9f878f65622202b1c678ec
        """
    ),
    (
        "data/0/"
            + "07213fb81f751a7a3a46e597e90b8698",
        """
        574152444441543101000000000001000a5077ab082aa391341a79643459036a07213fb81f751a7a\
        3a46e597e90b8698f8183dd2c11824163b7ec3b557afe4ef63507c670ee58e227c5a3aed28188695\
        e3b19d38facfac62f0b6bbcc3d690c8afe4160761b200b9891af84badf5baee8fa941a5c0638cf8f\
        7ba9609e2ba86e6d2bf480ba6fb81b5769fa34bd70
        """
    ),
    (
        "data/9/"
            + "91f018d1a7f98d627270904ae015994c",
        """
        574152444441543101000000000001000a5077ab082aa391341a79643459036a91f018d1a7f98d62\
        7270904ae015994cebb1903916de6e3617959db49974d971851e27613a5ae032e4dc73c8c2c33709\
        8700f2a150065d8945e280aa3a83b1661b12797d8df46219b29b8b63d3eb0b01e281ae6638b09c26\
        5165c7339d58d305aa7dcee99169ccff3f11b83ff2
        """
    ),
    (
        "objects/5/"
            + "53d2ba94d981fb9b908db48f70f3830c66c0cdb27fa6f1f3396e9de41acd8ef9",
        """
        574152444f424a3185000000320866ee9c207ae6e330c73b966a428148d9f11a9c35b3a090ace501\
        981cc31a8b279ebebcf253ebc4f695929d5510a97487418391dce0ed3fc6e4d90a43a4483d01a02d\
        05fa4d783b048926714154a136686fe2761cae7bfb77fd19d5462826ea029843fedd1b9e0c7d1c54\
        56ff629dbd7b285ba503da0a224cba5971ed54c0e132c11f75f007826fe91060ebcc2c9d16c374c3\
        e184a0a6623eba5d2dd32aee2bc82467
        """
    ),
    (
        "objects/e/"
            + "ebb0b4ea39dc2e7f6b70ebbb45d1ed7a3588988e7bd193c2ff32a730e3b44b30",
        """
        574152444f424a318a0000004597710e513e82086717bdf4ccc3971e04c517e8a3698f810533074f\
        3d10c785961d15918bc6b7405b0405ebb4f5864a0f6e2a040333fa1b910d77d3c95747aa16a7dc52\
        b5f3bbcf28e7eb3166cdf05e72638a501e65e1dbb2e39554dd0c13cb9021dfd16ec52c3f12bf8b9e\
        01f93b70758912bb3a73d146796eaec8c665fe549217f5c6a9dbdb7470c7
        """
    ),
    (
        "uploads/"
            + "fe7ee61740ed628fe1639c4a8b39c1f0",
        """
        5741524455504c313a000000f7e5ab4d861e9acb7be5a9e9c476d277a1bcc0b2c761f66942251fa7\
        699b878442e31911907fd381e7cf4976a92396a4302704993491c6129c31
        """
    ),
    (
        "uploads/"
            + "fe7ee61740ed628fe1639c4a8b39c1f0.2",
        """
        57415244505254317e000000c860fd7d2c7c685eff45b27c5ec80ffc1f9333d613d50aa6bdb37e10\
        2ffcac4fde329ff0677fecc17cfc09566c37d1fa1173265dd243a6047030975070ea55eea91bdc10\
        9551b8c4a52d81c593c8d3951fc5a0b65f6e924c575f2c322fb54b06f789e84c024955c51ee176ad\
        f4068792790b5126341b7ffb11fb1606166a
        """
    ),
]
