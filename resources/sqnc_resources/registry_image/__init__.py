"""The registry-image type: images in a registry, found by their tags, fetched and pushed.

It does what Concourse's registry-image resource does, with the same keys, versions and files. A **check** has
three ways. With `tag` it reports the digests of that tag. With `tag_regex` it reports all tags that match.
With neither it reports the tags that are version numbers, in their order, each image once, by its most exact
tag (`1.2.3` and not `1.2`); all of them also the first time.

A **get** writes, without line ends, `repository`, `tag` and `digest`, and by `format`:

| format | files |
|---|---|
| `rootfs` | `rootfs/`, the file system; `metadata.json`: `env`, `user`, `entrypoint`, `cmd`; `labels.json` |
| `oci` | `image.tar`, as `docker save` writes it and `docker load` reads it; `labels.json` |
| `oci-layout` | `oci/`, an OCI image layout with the images of all platforms |

An image that has no index of platforms is in a layout with `oci/single-image-digest`, which says which it is.

Each blob is compared with its digest before anything is made of it. A rootfs has the owners that the image
names where root makes it, else those of who makes it; devices are left out. Nothing in a layer leads out of
the folder: links are followed as they would be inside the image.

A **put** pushes what the registry does not have yet, then the manifest, and in the end the tags: `tag` of the
source, `version`, its aliases, and `additional_tags`. The version is the first of them. Tags are only
written when all else is there.

The registry decides about logins: `username` and `password` go to it, or to the token server that it names,
when it asks for them. What answers 429 or breaks is tried again, for as long as an hour by get and put.
Logins of clouds and signatures of Notary are refused by name.
"""

# values       the keys of source, version and params; names: of images; limits: what is refused
# check        the versions; tags: by version numbers or an expression
# registry     one repository through the API; authorization: logins; manifests, digests: what is in it
# fetch        an image into a folder, in one of three forms: rootfs, image_tar, layout
# publish      an image into the registry; uploads: its parts
# stored       images in files, to be pushed; docker_archive: those of `docker save`

from sqnc_resources.registry_image.check import check
from sqnc_resources.registry_image.values import GetParams, PutParams, Source, Version

TYPE_CHECKING = False  # typing's own constant, without the time its import takes
if TYPE_CHECKING:
    from pathlib import Path

    from sqnc_resources.result import Result

__all__ = ["GetParams", "PutParams", "Source", "Version", "check", "get", "put"]


def get(source: Source, version: Version, params: GetParams, folder: "Path") -> "Result[Version]":
    from sqnc_resources.registry_image.fetch import get as fetch  # noqa: PLC0415  (check needs none of it)

    return fetch(source, version, params, folder)


def put(source: Source, params: PutParams, folder: "Path") -> "Result[Version]":
    from sqnc_resources.registry_image.publish import put as publish  # noqa: PLC0415  (as above)

    return publish(source, params, folder)
