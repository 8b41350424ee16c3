"""A mail server on loopback: aiosmtpd, with what the tests ask of it. Ends with the process that started it.

usage: mail.py FOLDER MODE    MODE: starttls, tls, plain, hang, hang-at-quit
FOLDER holds cert.pem and key.pem; port, mails.jsonl and log go there. Who begins with `gone` has no mailbox. User `robot`, password in FOLDER/password.
"""
import asyncio, email, email.policy, json, os, ssl, sys, threading, time

from aiosmtpd.smtp import SMTP, AuthResult

folder, mode = sys.argv[1:3]
parent = os.getppid()


def log(text):
    with open(f"{folder}/log", "a") as file:
        file.write(text + "\n")


class Mailbox:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        parts = [part for part in mail.walk() if not part.is_multipart()]
        record = {
            "from": envelope.mail_from, "recipients": envelope.rcpt_tos, "subject": mail["subject"], "to": mail["to"], "sender": mail["from"],
            "id": mail["message-id"], "date": mail["date"].datetime.isoformat(), "kinds": [part.get_content_type() for part in parts],
            "text": parts[0].get_content().replace("\r\n", "\n"), "html": parts[1].get_content(), "top": mail.get_content_type(),
            "defects": [str(defect) for part in mail.walk() for defect in part.defects],
            "line_max": max(len(line) for line in envelope.original_content.split(b"\r\n")),
            "is_ascii": envelope.original_content.isascii(), "is_encrypted": session.ssl is not None or mode == "tls",
            "bytes": envelope.original_content.decode(),
        }
        with open(f"{folder}/mails.jsonl", "a") as file:
            file.write(json.dumps(record) + "\n")
        return "250 OK"

    async def handle_QUIT(self, server, session, envelope):
        if mode == "hang-at-quit":
            await asyncio.sleep(3600)
        return "221 Bye"


def authenticate(server, session, envelope, mechanism, data):
    with open(f"{folder}/password") as file:
        good = data.login == b"robot" and data.password.decode() == file.read()
    log(f"login {'accepted' if good else 'rejected'}")
    return AuthResult(success=good, handled=False) if not good else AuthResult(success=True)


async def silent(reader, writer):
    log("connected")
    await asyncio.sleep(3600)


async def main():
    loop = asyncio.get_running_loop()
    if mode == "hang":
        server = await asyncio.start_server(silent, "127.0.0.1", 0)
    else:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
        isPlain = mode == "plain"

        def session():
            if isPlain:
                return SMTP(Mailbox())
            if mode == "tls":
                return SMTP(Mailbox(), authenticator=authenticate, auth_required=True, auth_require_tls=False)
            return SMTP(Mailbox(), tls_context=context, require_starttls=True, authenticator=authenticate, auth_required=True)

        server = await loop.create_server(session, "127.0.0.1", 0, ssl=context if mode == "tls" else None)
    with open(f"{folder}/port.part", "w") as file:
        file.write(str(server.sockets[0].getsockname()[1]))
    os.rename(f"{folder}/port.part", f"{folder}/port")
    while os.getppid() == parent:
        await asyncio.sleep(0.2)
    os._exit(0)


asyncio.run(main())
