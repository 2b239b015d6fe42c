//! The portal's bucket is private, and the API under the same origin stays what it is.

use serde_json::{Value, json};

use crate::template;

fn only(kind: &str) -> Value {
    let mut found = template::of_type(kind);
    assert_eq!(found.len(), 1, "{kind}");
    found.remove(0).1["Properties"].clone()
}

#[test]
fn no_bucket_is_public() {
    let buckets = template::of_type("AWS::S3::Bucket");
    assert!(!buckets.is_empty(), "the portal's files are in a bucket");
    for (id, bucket) in buckets {
        assert_eq!(bucket["DeletionPolicy"], "Retain", "{id}: with files in it, it could not be deleted");
        let bucket = &bucket["Properties"];
        for setting in ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"] {
            assert_eq!(bucket["PublicAccessBlockConfiguration"][setting], true, "{id}: {setting}");
        }
        assert!(bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"].is_array(), "{id}");
        assert!(bucket.get("AccessControl").is_none() && bucket.get("WebsiteConfiguration").is_none(), "{id}");
    }
    let statements = only("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"].clone();
    for statement in statements.as_array().unwrap().iter().filter(|statement| statement["Effect"] == "Allow") {
        assert_eq!(statement["Principal"], json!({ "Service": "cloudfront.amazonaws.com" }));
        assert_eq!(statement["Action"], "s3:GetObject");
        assert!(statement["Condition"]["StringEquals"]["aws:SourceArn"].is_object(), "the distribution alone");
    }
}

#[test]
fn browsers_come_back_over_tls_alone() {
    let headers = only("AWS::CloudFront::ResponseHeadersPolicy");
    let headers = &headers["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"];
    let seconds = headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"].as_u64().unwrap();
    assert!(seconds >= 31_536_000, "a year at least: {seconds}");
}

#[test]
fn the_api_is_under_the_portals_origin_and_its_errors_stay_its_own() {
    let distribution = only("AWS::CloudFront::Distribution")["DistributionConfig"].clone();
    let behaviours = distribution["CacheBehaviors"].as_array().unwrap();
    let api = behaviours.iter().find(|behaviour| behaviour["PathPattern"] == "/v1/*").expect("the API's paths");
    assert_eq!(api["TargetOriginId"], "api");
    assert!(api.get("FunctionAssociations").is_none(), "its paths are not rewritten");
    assert!(distribution.get("CustomErrorResponses").is_none(), "they would replace the API's answers too");
    for behaviour in behaviours.iter().chain([&distribution["DefaultCacheBehavior"]]) {
        let over = behaviour["ViewerProtocolPolicy"].as_str().unwrap();
        assert!(["https-only", "redirect-to-https"].contains(&over), "{over}");
    }
}
