"""The bundler: files by layout become one document, and a mistake in the files is named."""

import pytest
from codegen.bundle import BundleError, bundle


def write(folder, **files):
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_yaml", ".yaml").replace("_md", ".md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_a_file_under_a_kind_becomes_a_component_and_any_other_is_put_in_place(tmp_path):
    spec = write(
        tmp_path,
        openapi_yaml="paths: {/a: {$ref: paths/a.yaml}}",
        paths__a_yaml="get: {schema: {$ref: ../schemas/deep/Thing.yaml}}",
        schemas__deep__Thing_yaml="type: object",
    )

    assert bundle(spec) == {
        "paths": {"/a": {"get": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
        "components": {"schemas": {"Thing": {"type": "object"}}},
    }


def test_a_markdown_file_becomes_its_text(tmp_path):
    spec = write(tmp_path, openapi_yaml="info: {description: {$ref: guide.md}}", guide_md="# Hello\n\n")

    assert bundle(spec)["info"]["description"] == "# Hello\n"


def test_words_beside_a_reference_stay_with_it(tmp_path):
    spec = write(
        tmp_path, openapi_yaml="{x: {$ref: schemas/A.yaml, description: d}}", schemas__A_yaml="type: string"
    )

    assert bundle(spec)["x"] == {"$ref": "#/components/schemas/A", "description": "d"}


def test_a_component_may_refer_to_itself(tmp_path):
    spec = write(
        tmp_path,
        openapi_yaml="{x: {$ref: schemas/Tree.yaml}}",
        schemas__Tree_yaml="{type: array, items: {$ref: Tree.yaml}}",
    )

    assert bundle(spec)["components"]["schemas"]["Tree"]["items"] == {"$ref": "#/components/schemas/Tree"}


def test_components_come_in_alphabetical_order_whatever_the_order_of_their_use(tmp_path):
    spec = write(
        tmp_path,
        openapi_yaml="{x: {$ref: schemas/Z.yaml}, y: {$ref: schemas/A.yaml}}",
        schemas__Z_yaml="type: string",
        schemas__A_yaml="type: string",
    )

    assert list(bundle(spec)["components"]["schemas"]) == ["A", "Z"]


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"openapi_yaml": "{x: {$ref: schemas/None.yaml}}"}, "None.yaml: cannot be read"),
        ({"openapi_yaml": "{x: {$ref: '#/components/schemas/A'}}"}, "a reference names a file"),
        ({"openapi_yaml": "{x: {$ref: ../outside.yaml}}"}, "a reference names a file"),
        ({"openapi_yaml": "{x: [}"}, "not YAML"),
        (
            {
                "openapi_yaml": "{x: {$ref: schemas/a/A.yaml}, y: {$ref: schemas/b/A.yaml}}",
                "schemas__a__A_yaml": "{}",
                "schemas__b__A_yaml": "{}",
            },
            "a component of the same name",
        ),
    ],
)
def test_a_mistake_is_named_with_its_file(tmp_path, files, complaint):
    with pytest.raises(BundleError, match=complaint) as caught:
        bundle(write(tmp_path, **files))

    assert "yaml" in str(caught.value)
