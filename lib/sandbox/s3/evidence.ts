import { localstack, moto, ours, seen, type Evidence } from "../state/evidence.js";

const general = localstack("s3", "test_s3");
const api = localstack("s3", "test_s3_api");
const lists = localstack("s3", "test_s3_list_operations");
const preconditions = localstack("s3", "test_s3_preconditions");

export const evidence: Evidence = {
  CreateBucket: [
    seen(general),
    ours("a duplicate tag is an InvalidTag, where AWS has an internal error"),
  ],
  DeleteBucket: [seen(general, api)],
  GetBucketLocation: [seen(general)],
  HeadBucket: [seen(general)],
  ListBuckets: [seen(general, lists), ours("every bucket comes with its ARN")],
  DeleteBucketEncryption: [seen(api)],
  DeleteBucketLifecycle: [seen(general)],
  DeleteBucketOwnershipControls: [seen(api)],
  DeleteBucketPolicy: [seen(general, api)],
  DeleteBucketTagging: [seen(api)],
  DeletePublicAccessBlock: [seen(api)],
  GetBucketEncryption: [seen(general, api)],
  GetBucketLifecycleConfiguration: [seen(general)],
  GetBucketOwnershipControls: [seen(api)],
  GetBucketPolicy: [seen(general, api)],
  GetBucketTagging: [seen(api)],
  GetBucketVersioning: [seen(general, api)],
  GetPublicAccessBlock: [seen(api)],
  PutBucketEncryption: [seen(general, api), ours("kept and told of; nothing is encrypted")],
  PutBucketLifecycleConfiguration: [seen(general), ours("kept and told of, not carried out")],
  PutBucketOwnershipControls: [seen(api)],
  PutBucketPolicy: [
    seen(general, api),
    ours("kept, not evaluated; a principal of this account must exist"),
  ],
  PutBucketTagging: [seen(api)],
  PutBucketVersioning: [seen(general, api)],
  PutPublicAccessBlock: [seen(api)],
  GetObject: [seen(general, api), ours("an archived object stays so")],
  GetObjectAttributes: [seen(general, lists)],
  HeadObject: [seen(general, api, preconditions)],
  PutObject: [seen(general, api), ours("at most 64 MiB; no ACL but the default")],
  CopyObject: [seen(general, api, preconditions), ours("at most 64 MiB")],
  DeleteObject: [seen(general, api)],
  DeleteObjects: [
    seen(general, api),
    ours("Size and LastModifiedTime are a NotImplemented per key"),
  ],
  ListObjectVersions: [seen(general, api, lists), ours("versions first, then delete markers")],
  ListObjects: [seen(general, lists)],
  ListObjectsV2: [seen(general, lists)],
  AbortMultipartUpload: [seen(general)],
  CompleteMultipartUpload: [
    seen(general, api, lists, moto("test_s3/test_s3_multipart.py")),
    ours("answers again as long as the object is there; by other parts it finds no upload"),
  ],
  CreateMultipartUpload: [seen(general, api, lists)],
  UploadPart: [seen(general), ours("at most 64 MiB")],
  ListMultipartUploads: [
    seen(general, lists),
    ours("a marker that never was an upload is refused"),
  ],
  ListParts: [seen(general, api, lists)],
  DeleteObjectTagging: [seen(api)],
  GetObjectTagging: [seen(general, api)],
  PutObjectTagging: [seen(api)],
};
