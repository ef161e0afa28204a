export default {
  transpilePackages: ["@handrail/client"],
  outputFileTracingRoot: new URL("../../", import.meta.url).pathname,
  turbopack: { root: new URL("../../", import.meta.url).pathname }, // the client is linked from beside
};
