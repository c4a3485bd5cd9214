import { readFileSync } from "node:fs";
import type * as docker from "@pulumi/docker";
import ts from "typescript";
import { expect, expectTypeOf, test } from "vitest";
import {
    type OwnedProperty,
    ownedProperties,
    passedProperties,
} from "../../provider/handlers/environment/container-properties.js";
import type { ContainerSpec } from "../../provider/resources/container-spec.js";

/** Properties of the installed `docker.ContainerArgs`. */
function containerArguments(): string[] {
    const path = "node_modules/@pulumi/docker/container.d.ts";
    const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest);
    const found = source.statements.find(
        (statement) =>
            ts.isInterfaceDeclaration(statement) && statement.name.text === "ContainerArgs",
    );
    if (!found || !ts.isInterfaceDeclaration(found)) throw new Error("no ContainerArgs");
    return found.members.map((member) => (member.name as ts.Identifier).text);
}

test("every argument of a container is either the program's or the environment's", () => {
    const listed = [...passedProperties, ...Object.keys(ownedProperties)];
    expect(listed.sort()).toEqual(containerArguments().sort());
});

test("the type leaves out what the environment owns", () => {
    expectTypeOf<keyof ContainerSpec>().toEqualTypeOf<(typeof passedProperties)[number]>();
    expectTypeOf<Exclude<keyof docker.ContainerArgs, OwnedProperty>>().toEqualTypeOf<
        keyof ContainerSpec
    >();
    // @ts-expect-error the environment owns the port
    const spec: ContainerSpec = { image: "shop:1.4", ports: [{ internal: 3000 }] };
    expect(spec.image).toBe("shop:1.4");
});
