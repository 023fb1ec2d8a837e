import ArgumentParser

struct VMImageVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "Make guests' images from Debian's packages, and look after disk images.",
        discussion: """
            Images are kept in /var/cache/rookery (root) or ~/.cache/rookery:
              rookery vm image make debian
              rookery vm image ls
              rookery vm image create disk.qcow2 10G
              rookery vm image convert disk.qcow2 disk.raw
            """,
        subcommands: [
            MakeImage.self, ListImages.self, RemoveImage.self, ImageInfo.self, CreateImage.self, ResizeImage.self,
            ConvertImage.self, CheckImage.self,
        ])
}
