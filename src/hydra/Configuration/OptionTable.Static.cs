namespace Hydra.Configuration;

/// <content>Files that the server itself serves.</content>
internal static partial class OptionTable
{
    private static IEnumerable<Option> StaticRows =>
    [
        new()
        {
            Name = "static", Aliases = ["static-map", "static-mount"], Placeholder = "PLACE=DIR", Repeatable = true, Group = OptionGroup.Static,
            Help = "Serve the files of a directory, or a single file, without asking the application: /static/=staticfiles, a host or host/path. What is not "
                + "there is 404; at / it is for the application. May be repeated.",
            Binder = Section.Static.Item<StaticMount>(StaticRules.Mount, static (o, v) => o with { Mounts = [.. o.Mounts, v] }),
        },
        new()
        {
            Name = "static-fallback", Default = "(at / only)", Group = OptionGroup.Static,
            Help = "Ask the application for what is not among the files; --no-static-fallback answers 404 also at /.",
            Binder = Section.Static.Switch(static (o, v) => o with { FallsBack = v }),
        },
        new()
        {
            Name = "static-index", Aliases = ["static-path-dir-to-file"], Placeholder = "NAME", Default = "index.html", Group = OptionGroup.Static,
            Help = "The file that stands for its directory; empty for none.",
            Binder = Section.Static.Item<string?>(StaticRules.FileName, static (o, v) => o with { Index = v }),
        },
        new()
        {
            Name = "static-spa", Placeholder = "NAME", Group = OptionGroup.Static,
            Help = "The page of a single-page application, mostly index.html: browsers that go to a page which is no file get it. Where the application "
                + "is asked for what is no file, only when that says 404.",
            Binder = Section.Static.Item<string?>(StaticRules.FileName, static (o, v) => o with { Spa = v }),
        },
        new()
        {
            Name = "static-cache-control", Placeholder = "PATTERN=VALUE", Repeatable = true, HasVariable = false, Group = OptionGroup.Static,
            Help = "Cache-Control of files whose names, or paths where the pattern has a slash, fit: \"*.html=no-cache\". The first that fits counts. Without one "
                + "names with a hash, of Django's manifest or a bundler's, are kept for ever. May be repeated.",
            Binder = Section.Static.Item<KeyValuePair<string, string>>(StaticRules.CacheControl, static (o, v) => o with { CacheControl = [.. o.CacheControl, v] }),
        },
        new()
        {
            Name = "static-expires", Aliases = ["static-path-expires"], Placeholder = "TIME", Default = "0", Group = OptionGroup.Static,
            Help = "How long clients keep other files without asking again. 0 has them ask each time, and mostly hear that they have it.",
            Binder = Section.Static.Duration(TimeSpan.Zero, TimeSpan.FromDays(366), static (o, v) => o with { Expires = v }),
        },
        new()
        {
            Name = "static-mime", Placeholder = ".END=TYPE", Repeatable = true, Group = OptionGroup.Static,
            Help = "The media type of files whose names end so: .glb=model/gltf-binary. May be repeated.",
            Binder = Section.Static.Item<KeyValuePair<string, string>>(StaticRules.MediaType, static (o, v) => o with { MediaTypes = [.. o.MediaTypes, v] }),
        },
        new()
        {
            Name = "static-listing", Default = "false", Group = OptionGroup.Static,
            Help = "Show what is in directories that have no index.",
            Binder = Section.Static.Switch(static (o, v) => o with { Lists = v }),
        },
        new()
        {
            Name = "static-follow-symlinks", Default = "false", Group = OptionGroup.Static,
            Help = "Serve files to which links lead out of the directory. Links within it are always followed.",
            Binder = Section.Static.Switch(static (o, v) => o with { FollowsLinks = v }),
        },
        new()
        {
            Name = "static-memory", Placeholder = "SIZE", Default = "32m", Group = OptionGroup.Static,
            Help = "Memory for files of up to 256k. A file that has changed is seen after a second. 0 keeps none.",
            Binder = Section.Static.Size(0, Gibibyte, static (o, v) => o with { Memory = v }),
        },
        new()
        {
            Name = "static-path-mount", Placeholder = "DIR", Repeatable = true, Group = OptionGroup.Static,
            Help = "granian's way to say --static, together with --static-path-route.",
            Binder = Section.Static.Path(static (o, v) => o with { Directories = [.. o.Directories, v] }),
        },
        new()
        {
            Name = "static-path-route", Placeholder = "PATH", Default = "(/static)", Repeatable = true, Group = OptionGroup.Static,
            Help = "Where the directory of --static-path-mount is shown; of several in the same order.",
            Binder = Section.Static.Text(static (o, v) => o with { Routes = [.. o.Routes, v] }),
        },
    ];
}
