internal import FUSEAdapter
internal import ObjectStorage

/// Sentences for what keeps a mount from coming up: what is wrong and what to do.
enum Advice {
    static func sentence(for error: MountError, mountPoint: String) -> String {
        switch error.code {
        case .deviceUnavailable:
            "/dev/fuse is missing or may not be opened. Load the module with `modprobe fuse`; in a "
                + "container, pass the device in."
        case .invalidOptions: "libfuse refused the mount options."
        case .mountPointRefused:
            "The system refused to mount on \(mountPoint). Check that fusermount3 is installed, "
                + "that you may write to the mount point, and for --allow-other that "
                + "/etc/fuse.conf has user_allow_other."
        case .outOfResources:
            "No thread could be started. Raise the limit of processes (ulimit -u)."
        }
    }

    static func sentence(for error: ObjectStoreError, bucket: String) -> String {
        let reason: String =
            switch error.code {
            case .noSuchBucket:
                "The bucket \(bucket) does not exist. Check its name and --region, or make it "
                    + "with: aws s3 mb s3://\(bucket)"
            case .accessDenied:
                "Access to the bucket \(bucket) is denied. The role or user needs s3:ListBucket on "
                    + "the bucket and s3:GetObject, s3:PutObject, s3:DeleteObject on its objects."
            case .credentialsUnavailable:
                "No AWS credentials were found. Give the server an instance profile, or set "
                    + "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use --profile."
            case .credentialsRejected:
                "The server does not accept the AWS credentials. Check the key pair, or the role "
                    + "of the instance profile."
            case .clockSkewed:
                "The clock of this machine is wrong by more than the server allows. Set it, for "
                    + "example with: timedatectl set-ntp true"
            case .untrustedServer:
                "The server's TLS certificate cannot be verified. Check the endpoint, or name your "
                    + "own CA with --ca-bundle."
            case .networkFailure, .timedOut:
                "The S3 endpoint cannot be reached. Check --endpoint-url, the network and the "
                    + "proxy variables."
            case .invalidRequest:
                "The server refuses the request. Check --endpoint-url, --region and the options."
            default: "The bucket \(bucket) cannot be used."
            }
        return "\(reason) (\(error))"
    }
}
