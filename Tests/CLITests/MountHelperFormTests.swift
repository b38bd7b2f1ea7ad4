import Testing

@testable import CLI

@Suite struct MountHelperFormTests {
    @Test("the form of mount.fuse3 becomes a mount command") func helper() {
        let arguments = MountHelperForm.normalized([
            "s3://b/p", "/mnt/s3", "-o", "rw,allow_other,endpoint_url=https://e:1,dev,suid",
        ])

        #expect(
            arguments == [
                "mount", "s3://b/p", "/mnt/s3", "--allow-other", "--endpoint-url", "https://e:1",
            ])
    }

    @Test("wardfs#SOURCE is a source") func hash() {
        #expect(
            MountHelperForm.normalized(["wardfs#dir:/srv", "/mnt", "-oro"])
                == ["mount", "dir:/srv", "/mnt", "--read-only"])
    }

    @Test("an escaped comma stays in its value") func comma() {
        #expect(
            MountHelperForm.normalized(["mount", "s3://b", "/m", "-o", "acl=a\\,b,_netdev"])
                == ["mount", "s3://b", "/m", "--acl", "a,b"])
    }

    @Test("an unknown option is passed on, so that it is refused with its name") func unknown() {
        #expect(
            MountHelperForm.normalized(["mount", "s3://b", "/m", "-o", "nonsense"])
                == ["mount", "s3://b", "/m", "--nonsense"])
    }

    @Test("other commands stay as they are") func others() {
        #expect(MountHelperForm.normalized(["unmount", "-o", "x"]) == ["unmount", "-o", "x"])
    }
}
