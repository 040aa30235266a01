// What the type checker cannot see: the files that the project makes beside the modules.
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
declare module "*.json" {
  const text: string;
  export default text;
}
