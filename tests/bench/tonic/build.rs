// PROTO_FOLDER has echo.proto.
fn main() -> std::io::Result<()> {
    let folder = std::env::var("PROTO_FOLDER").expect("PROTO_FOLDER is not set");
    tonic_prost_build::configure().build_client(false).compile_protos(&[format!("{folder}/echo.proto")], &[folder])
}
