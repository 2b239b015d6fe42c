//! The attributes that people may change in the user pool, and those that last.

use serde_json::{Value, json};

use crate::template;

fn client() -> Value {
    template::of_type("AWS::Cognito::UserPoolClient").remove(0).1["Properties"].clone()
}

/// People who could write their own organisation would see its apps.
#[test]
fn nobody_writes_their_own_organisation() {
    assert_eq!(client()["WriteAttributes"], json!(["name"]));
    let pool = template::of_type("AWS::Cognito::UserPool").remove(0).1;
    let attributes = pool["Properties"]["Schema"].as_array().unwrap();
    assert!(attributes.iter().any(|attribute| attribute["Name"] == "organisation"));
    assert_eq!(pool["Properties"]["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"], true);
}

#[test]
fn the_portal_signs_in_without_a_secret() {
    let client = client();
    assert_eq!(client["GenerateSecret"], false);
    assert_eq!(client["AllowedOAuthFlows"], json!(["code"]), "with PKCE, which the portal always sends");
}

#[test]
fn the_first_owner_is_invited_and_decides() {
    let user = template::of_type("AWS::Cognito::UserPoolUser").remove(0).1;
    assert_eq!(user["Condition"], "HasFirstOwner", "nobody is made up");
    assert_eq!(user["Properties"]["Username"], json!({ "Ref": "FirstOwner" }));
    assert_eq!(user["Properties"]["DesiredDeliveryMediums"], json!(["EMAIL"]));
    assert!(user["Properties"].get("MessageAction").is_none(), "the invitation is sent");
    let attached = template::of_type("AWS::Cognito::UserPoolUserToGroupAttachment").remove(0).1;
    assert_eq!(attached["Condition"], "HasFirstOwner");
    let group = template::of_type("AWS::Cognito::UserPoolGroup").remove(0);
    assert_eq!(attached["Properties"]["GroupName"], json!({ "Ref": group.0 }));
    assert_eq!(group.1["Properties"]["GroupName"], "api-owners");
}

#[test]
fn people_and_their_pool_outlive_the_stack() {
    for kind in ["AWS::Cognito::UserPool", "AWS::Cognito::UserPoolUser"] {
        for (id, resource) in template::of_type(kind) {
            assert_eq!(resource["DeletionPolicy"], "Retain", "{id}");
            assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{id}");
        }
    }
}
