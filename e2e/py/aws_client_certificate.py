"""Plugin of aws-cli, which has no option for client certificates: shows the one that
AWS_CLIENT_CERT and AWS_CLIENT_KEY name. docs/operating/tls.md says how it is switched on."""

import os

from botocore.config import Config


def awscli_initialize(event_hooks):
    event_hooks.register("session-initialized", show_certificate)


def show_certificate(session, **kwargs):
    shown = (os.environ["AWS_CLIENT_CERT"], os.environ["AWS_CLIENT_KEY"])
    ours = Config(client_cert=shown)
    earlier = session.get_default_client_config()
    session.set_default_client_config(earlier.merge(ours) if earlier else ours)
