import * as pulumi from "@pulumi/pulumi";
import type { InputProblem } from "../engine/errors.js";
import { propertyPath } from "../handlers/property-path.js";

/** Where the host is written in place of a provider. */
export type HostProperty =
    | "docker.host"
    | "source.docker.host"
    | "container.docker.host"
    | "source.docker.host and destination.docker.host";

/**
 * A Docker or Kubernetes provider in a resource's options: refused, since the children and the
 * hand-over must have one target.
 */
export function refuseProviders(
    opts: pulumi.ComponentResourceOptions | pulumi.CustomResourceOptions | undefined,
    hostProperty: HostProperty = "docker.host",
): InputProblem[] {
    return givenProviders(opts ?? {}).flatMap(({ path, provider }) => {
        const problem = problemOf(packageOf(provider), hostProperty);
        return problem ? [{ path, ...problem }] : [];
    });
}

function problemOf(
    packageName: string | undefined,
    hostProperty: HostProperty,
): { problem: string; instead: string } | undefined {
    if (packageName === "docker") {
        const instead = `leave it out, and write the engine in ${hostProperty}, such as "ssh://deploy@shop-1"`;
        return { problem: "is a Docker provider", instead };
    }
    if (packageName === "kubernetes") {
        const problem = "is a Kubernetes provider, and Kubernetes is not built yet";
        return { problem, instead: "leave it out" };
    }
    return undefined;
}

function givenProviders(opts: pulumi.ComponentResourceOptions) {
    const given: { path: string; provider: unknown }[] = [];
    if (opts.provider) given.push({ path: "opts.provider", provider: opts.provider });
    for (const [key, provider] of Object.entries(opts.providers ?? {})) {
        const step = Array.isArray(opts.providers) ? Number(key) : key;
        given.push({ path: propertyPath(["opts", "providers", step]), provider });
    }
    return given;
}

const providerType = "pulumi:providers:";

/** The package that a provider is of, from the type that its constructor was given. */
function packageOf(provider: unknown): string | undefined {
    if (!pulumi.Resource.isInstance(provider)) return undefined;
    const type: unknown = Reflect.get(provider, "__pulumiType");
    if (typeof type !== "string" || !type.startsWith(providerType)) return undefined;
    return type.slice(providerType.length);
}
