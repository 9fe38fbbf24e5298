import "./worker/serve";
