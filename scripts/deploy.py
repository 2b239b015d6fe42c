"""Deploys an environment of samconfig.toml with its portal: `make deploy ENV=staging`.

The portal's address is known only once CloudFront has given it, and the API, through its authorizer, depends on
the client that signs in there. So the first deployment of an environment without a domain of its own is two: one
to learn the address, one to tell it to the client and to the mails. Every later one finds it in the stack.

Then the portal's files are uploaded: first those whose names change with their content, for nobody asks for them
yet; last the pages that name them. What is not named any more stays, for browsers that still show the older pages.
"""

import argparse
import json
import mimetypes
import pathlib
import subprocess
import sys
import tomllib

import boto3

ROOT = pathlib.Path(__file__).resolve().parent.parent
PORTAL = ROOT / "portal" / "dist"
# Where the build puts files whose names change with their content.
HASHED = "assets/"
FOR_EVER = "public, max-age=31536000, immutable"
# CloudFront keeps these for a second, so that an upload needs no invalidation.
ASK_EACH_TIME = "no-cache"


def settings(environment, path=ROOT / "samconfig.toml"):
    """Name and region of the environment's stack; the region may be left to the AWS configuration."""
    config = tomllib.loads(path.read_text())
    if environment not in config:
        known = ", ".join(name for name in config if name != "version")
        sys.exit(f"samconfig.toml has no environment {environment!r}; it has {known}")
    parameters = config[environment]["deploy"]["parameters"]
    return parameters["stack_name"], parameters.get("region")


def sam_deploy(environment, *options):
    """Runs `sam deploy`; ends the script with SAM's own words where that fails."""
    command = ["sam", "deploy", "--config-env", environment, *options]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        sys.exit("sam deploy failed; nothing was uploaded")


def described(cloudformation, stack):
    """Parameters and outputs of the stack, each by name."""
    (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", [])}
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}
    return parameters, outputs


def portal_config(outputs):
    """`/config.json`: the API is under the portal's own origin."""
    return {"api": "", "authority": outputs["IssuerUrl"], "client_id": outputs["ClientId"]}


def files_in_order(directory):
    """The portal's files as (key, path), those that pages name before the pages."""
    keys = {path.relative_to(directory).as_posix(): path for path in directory.rglob("*") if path.is_file()}
    return sorted(keys.items(), key=lambda item: (item[0].endswith(".html"), not item[0].startswith(HASHED), item[0]))


def upload(s3, bucket, directory, config):
    """Puts the portal and its configuration into the bucket; gives how many files that were."""
    s3.put_object(
        Bucket=bucket,
        Key="config.json",
        Body=json.dumps(config).encode(),
        ContentType="application/json",
        CacheControl=ASK_EACH_TIME,
    )
    files = files_in_order(directory)
    for key, path in files:
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=path.read_bytes(),
            ContentType=mimetypes.guess_type(key)[0] or "application/octet-stream",
            CacheControl=FOR_EVER if key.startswith(HASHED) else ASK_EACH_TIME,
        )
    return 1 + len(files)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("environment", help="a section of samconfig.toml, for example staging")
    environment = arguments.parse_args().environment
    if not (PORTAL / "index.html").is_file():
        sys.exit("the portal is not built; `make deploy` builds it first")
    stack, region = settings(environment)
    session = boto3.Session(region_name=region)

    sam_deploy(environment)
    parameters, outputs = described(session.client("cloudformation"), stack)
    if "PortalBucket" not in outputs:
        print(f"{stack}: HostPortal is false, so there is no portal to upload")
        return
    if not parameters["PortalUrl"]:
        address = outputs["PortalAddress"]
        print(f"{stack}: the portal is at {address}; deploying once more, for signing in and mails to lead there")
        sam_deploy(environment, "--parameter-overrides", f"PortalUrl={address}")

    count = upload(session.client("s3"), outputs["PortalBucket"], PORTAL, portal_config(outputs))
    print(f"{stack}: {count} files uploaded; the portal is at {outputs['PortalAddress']}")


if __name__ == "__main__":
    main()
