import * as pulumi from "@pulumi/pulumi";

/** The engine of programs that name none: the stack's `docker:host`, as `@pulumi/docker` has it. */
export function defaultDockerHost(): { host?: string } {
    const host = new pulumi.Config("docker").get("host");
    return host === undefined ? {} : { host };
}
