import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, test } from "vitest";
import { refuseProviders } from "../../provider/resources/options.js";
import { lines } from "../handlers/changed.js";

class KubernetesProvider extends pulumi.ProviderResource {
    constructor() {
        super("kubernetes", "cluster");
    }
}

let dockerProvider: docker.Provider;
let kubernetesProvider: KubernetesProvider;
let otherProvider: pulumi.ProviderResource;

beforeAll(async () => {
    await pulumi.runtime.setMocks({
        newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
        call: () => ({}),
    });
    dockerProvider = new docker.Provider("engine", { host: "ssh://deploy@shop-1" });
    kubernetesProvider = new KubernetesProvider();
    otherProvider = new (class extends pulumi.ProviderResource {})("random", "dice");
});

const isDocker =
    'is a Docker provider; leave it out, and write the engine in docker.host, such as "ssh://deploy@shop-1"';
const isKubernetes = "is a Kubernetes provider, and Kubernetes is not built yet; leave it out";

test("a Docker provider", () => {
    const problems = refuseProviders({ provider: dockerProvider });
    expect(lines(problems)).toEqual([`opts.provider: ${isDocker}`]);
});

test("a Docker provider of a migration", () => {
    const where = "source.docker.host and destination.docker.host";
    expect(lines(refuseProviders({ provider: dockerProvider }, where))).toEqual([
        `opts.provider: is a Docker provider; leave it out, and write the engine in ${where}, such as "ssh://deploy@shop-1"`,
    ]);
});

test("providers by name", () => {
    const providers = { docker: dockerProvider, kubernetes: kubernetesProvider };
    expect(lines(refuseProviders({ providers }))).toEqual([
        `opts.providers.docker: ${isDocker}`,
        `opts.providers.kubernetes: ${isKubernetes}`,
    ]);
});

test("providers in a list", () => {
    const providers = [otherProvider, kubernetesProvider, dockerProvider];
    expect(lines(refuseProviders({ providers }))).toEqual([
        `opts.providers[1]: ${isKubernetes}`,
        `opts.providers[2]: ${isDocker}`,
    ]);
});

test("others, or none", () => {
    expect(refuseProviders({ provider: otherProvider })).toEqual([]);
    expect(refuseProviders({ protect: true })).toEqual([]);
    expect(refuseProviders(undefined)).toEqual([]);
});
