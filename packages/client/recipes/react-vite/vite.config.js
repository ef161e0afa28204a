export default {
  esbuild: { jsx: "automatic" },
  resolve: { dedupe: ["react", "react-dom"] }, // the client is linked from beside
};
