import vue from "@vitejs/plugin-vue";

export default {
  plugins: [vue()],
  resolve: { dedupe: ["vue"] }, // the client is linked from beside
};
