"""Downloads Fashion-MNIST from its publisher into the folder named and compares the publisher's checksums.

The address can be replaced by that of a mirror in FASHION_MNIST_URL.
"""

import hashlib
import http.client
import os
import sys
import urllib.request

PUBLISHER = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"
MD5 = {
    "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
}
LIMIT = 100_000_000


def download(address, expected, target):
    with urllib.request.urlopen(address, timeout=60) as answer:
        content = answer.read(LIMIT)
    found = hashlib.md5(content).hexdigest()
    if found != expected:
        raise OSError(f"its MD5 checksum is {found}, expected {expected}")
    partial = target + ".partial"
    with open(partial, "wb") as file:
        file.write(content)
    os.replace(partial, target)


def main():
    folder = sys.argv[1]
    base = os.environ.get("FASHION_MNIST_URL", PUBLISHER).rstrip("/")
    os.makedirs(folder, exist_ok=True)
    for name, expected in MD5.items():
        target = os.path.join(folder, name)
        if os.path.exists(target):
            continue
        try:
            download(f"{base}/{name}", expected, target)
        except (OSError, ValueError, http.client.HTTPException) as error:
            sys.exit(f"data: {base}/{name}: {error}")


main()
