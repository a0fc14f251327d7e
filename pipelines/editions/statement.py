"""An edition's manifest as an in-toto statement, and its optional signature by ssh-keygen, for those with tools of their own.

Derived from the manifest alone: it adds nothing, and the same edition gives the same bytes. Keys are the signer's own
and are never read here.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from pipelines.editions.manifest import MANIFEST, Manifest
from pipelines.faults import DataFault, MachineFault, UsageFault

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "tag:storyboard,2016:edition/v1"
NAMESPACE = "storyboard"
"""What ssh-keygen is told that a signature is for, so that one made for another purpose is no signature of an edition."""


def make_statement(manifest: Manifest, content: bytes) -> bytes:
    """The statement of a manifest; `content` is the bytes of its edition.json. Subjects are all files, the manifest first."""
    stated: dict[str, Any] = json.loads(content)
    files = stated.pop("files")
    subjects = [{"name": MANIFEST, "digest": {"sha256": manifest.sha256}}]
    subjects += [{"name": path, "digest": {"sha256": sha256}} for path, sha256 in sorted(files.items())]
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": subjects,
        "predicateType": PREDICATE_TYPE,
        "predicate": stated,
    }
    return (json.dumps(statement, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8")


def sign(path: Path, key: Path) -> Path:
    """Sign a written statement with an SSH key; returns the signature's file. UsageFault where the key cannot sign."""
    signature = path.with_name(f"{path.name}.sig")
    signature.unlink(missing_ok=True)
    done = _ssh_keygen(["-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(path)])
    if done.returncode != 0 or not signature.is_file():
        raise UsageFault(
            "ssh-keygen could not sign with that key. Name the file of a private SSH key that you may read."
        )
    return signature


def check_statement(path: Path, expected: bytes, signers: Path | None) -> str:
    """Whether a statement is that of an edition, and who signed it, as words. DataFault where either does not hold."""
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise UsageFault(f"The statement {path} cannot be read.") from fault
    if content != expected:
        raise DataFault(f"{path.name} is not the statement of this edition: it names other files or other hashes.")
    signature = path.with_name(f"{path.name}.sig")
    if signers is None:
        return "its statement names exactly this edition; its signature was not asked for (name --signers)"
    if not signature.is_file():
        raise DataFault(f"{path.name} is not signed: {signature.name} is not beside it.")
    found = _ssh_keygen(["-Y", "find-principals", "-s", str(signature), "-f", str(signers)])
    names = found.stdout.decode("utf-8", "replace").split()
    for name in names:
        verify = ["-Y", "verify", "-f", str(signers), "-I", name, "-n", NAMESPACE, "-s", str(signature)]
        if _ssh_keygen(verify, content).returncode == 0:
            return f"its statement names exactly this edition and is signed by {name}"
    raise DataFault(f"The signature of {path.name} is by nobody who is named in {signers.name}, or not of these bytes.")


def _ssh_keygen(words: list[str], content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["ssh-keygen", *words], input=content, capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise MachineFault("ssh-keygen is not there or does not answer. It comes with OpenSSH.") from fault
