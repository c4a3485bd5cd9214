import * as pulumi from "@pulumi/pulumi";
import { providerText } from "../adapters/provider-text.js";

/** Inputs that only name the row, or repeat what other rows show. */
export const hiddenInputs = ["__provider", "row", "origin", "prefix", "settings"];

/** What every dynamic resource of this package gets beside its arguments. */
export function dynamicInputs(
    provider: Parameters<typeof providerText>[0],
    type: string,
    name: string,
    opts: pulumi.CustomResourceOptions | undefined,
): pulumi.Inputs {
    const [project, stack] = [pulumi.getProject(), pulumi.getStack()];
    return {
        __provider: providerText(provider),
        // check takes it out again: preview is the one call that the provider cannot tell from `up`.
        __preview: pulumi.runtime.isDryRun(),
        origin: { project, stack, name },
        // Not "urn": that name never leaves the program.
        row: withoutDependency(pulumi.createUrn(name, type, opts?.parent, project, stack)),
    };
}

/** A parent's name is no reason to wait for it: as a dependency it would wait for all of its children, this one too. */
function withoutDependency(text: pulumi.Output<string>): pulumi.Output<string> {
    return pulumi.output(new Promise<string>((resolve) => void text.apply(resolve)));
}

/** The options without providers: those of Docker and Kubernetes were refused by name. */
export function withoutProviders<
    Options extends pulumi.CustomResourceOptions & { providers?: unknown },
>(opts: Options): Options {
    const { provider: _provider, providers: _providers, ...rest } = opts;
    return rest as Options;
}
