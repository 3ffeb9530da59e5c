using System.Collections.Frozen;

namespace Hydra.Files;

/// <summary>The media types of files, by the ends of their names: what websites use, not a copy of IANA's registry. Immutable.</summary>
internal sealed class MediaTypes
{
    /// <summary>Of a file whose name says nothing: browsers save it.</summary>
    public const string Unknown = "application/octet-stream";

    private const string Charset = "; charset=utf-8";

    // Text is UTF-8, as it is for nearly everybody who makes websites; scripts too, whose default depends on the page (HTML, 4.12.1.1).
    private static readonly KeyValuePair<string, string>[] BuiltIn =
    [
        .. Each("text/html" + Charset, "html", "htm"), .. Each("text/css" + Charset, "css"),
        .. Each("text/javascript" + Charset, "js", "mjs", "cjs"), .. Each("application/json", "json", "map", "jsonld", "topojson"),
        .. Each("application/geo+json", "geojson"), .. Each("application/manifest+json", "webmanifest"),
        .. Each("text/plain" + Charset, "txt", "text", "log", "asc"), .. Each("text/markdown" + Charset, "md", "markdown"),
        .. Each("text/csv" + Charset, "csv"), .. Each("text/vtt" + Charset, "vtt"), .. Each("text/calendar" + Charset, "ics"),
        .. Each("text/vcard" + Charset, "vcf"), .. Each("text/xml" + Charset, "xml", "xsl", "xsd"), .. Each("application/xhtml+xml", "xhtml"),
        .. Each("application/rss+xml", "rss"), .. Each("application/atom+xml", "atom"), .. Each("application/yaml", "yaml", "yml"),
        .. Each("application/toml", "toml"), .. Each("image/svg+xml", "svg"), .. Each("image/png", "png"), .. Each("image/apng", "apng"),
        .. Each("image/jpeg", "jpg", "jpeg", "jpe", "jfif"), .. Each("image/gif", "gif"), .. Each("image/webp", "webp"),
        .. Each("image/avif", "avif"), .. Each("image/heic", "heic"), .. Each("image/jxl", "jxl"), .. Each("image/bmp", "bmp"),
        .. Each("image/tiff", "tif", "tiff"), .. Each("image/x-icon", "ico", "cur"), .. Each("font/woff2", "woff2"),
        .. Each("font/woff", "woff"), .. Each("font/ttf", "ttf"), .. Each("font/otf", "otf"), .. Each("font/collection", "ttc"),
        .. Each("application/vnd.ms-fontobject", "eot"), .. Each("application/wasm", "wasm"), .. Each("application/pdf", "pdf"),
        .. Each("application/epub+zip", "epub"), .. Each("application/rtf", "rtf"), .. Each("application/zip", "zip"),
        .. Each("application/gzip", "gz", "tgz"), .. Each("application/zstd", "zst"), .. Each("application/x-bzip2", "bz2"),
        .. Each("application/x-xz", "xz"), .. Each("application/x-tar", "tar"), .. Each("application/x-7z-compressed", "7z"),
        .. Each("application/vnd.rar", "rar"), .. Each("video/mp4", "mp4", "m4v"), .. Each("video/webm", "webm"), .. Each("video/ogg", "ogv"),
        .. Each("video/quicktime", "mov"), .. Each("video/x-msvideo", "avi"), .. Each("video/x-matroska", "mkv"), .. Each("video/mpeg", "mpg", "mpeg"),
        .. Each("video/mp2t", "ts"), .. Each("application/vnd.apple.mpegurl", "m3u8"), .. Each("application/dash+xml", "mpd"),
        .. Each("audio/mpeg", "mp3"), .. Each("audio/mp4", "m4a"), .. Each("audio/aac", "aac"), .. Each("audio/ogg", "ogg", "oga"),
        .. Each("audio/opus", "opus"), .. Each("audio/wav", "wav"), .. Each("audio/flac", "flac"), .. Each("audio/midi", "mid", "midi"),
        .. Each("audio/webm", "weba"), .. Each("model/gltf-binary", "glb"), .. Each("model/gltf+json", "gltf"),
        .. Each("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"), .. Each("application/msword", "doc"),
        .. Each("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"), .. Each("application/vnd.ms-excel", "xls"),
        .. Each("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
        .. Each("application/vnd.ms-powerpoint", "ppt"), .. Each("application/vnd.oasis.opendocument.text", "odt"),
        .. Each("application/vnd.oasis.opendocument.spreadsheet", "ods"), .. Each("application/sql", "sql"),
        .. Each("application/java-archive", "jar"), .. Each("application/vnd.android.package-archive", "apk"),
        .. Each("application/vnd.debian.binary-package", "deb"), .. Each("application/x-rpm", "rpm"),
    ];

    private static readonly string[] Compressed =
    [
        "image/", "video/", "audio/", "font/woff", "application/zip", "application/gzip", "application/zstd", "application/x-bzip2", "application/x-xz",
        "application/x-7z-compressed", "application/vnd.rar", "application/epub+zip", "application/vnd.openxmlformats", "application/pdf",
        "application/java-archive", "application/vnd.android.package-archive",
    ];

    private static readonly string[] CompressibleImages = ["image/svg+xml", "image/x-icon", "image/bmp"];

    private readonly FrozenDictionary<string, string> _byEnd;

    /// <summary>The built-in table, and what is to be otherwise.</summary>
    /// <param name="others">Ends of names without their dot, and media types. A later one counts more than an earlier one.</param>
    public MediaTypes(IEnumerable<KeyValuePair<string, string>> others)
    {
        Dictionary<string, string> all = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string end, string type) in BuiltIn.Concat(others))
        {
            all[end] = type;
        }

        _byEnd = all.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The media type of a file.</summary>
    /// <param name="name">Its name, with or without directories.</param>
    public string Of(string name)
    {
        // The longest end that is known: "tar.gz" before "gz".
        int start = name.LastIndexOf('/') + 1;
        for (int dot = name.IndexOf('.', start); dot >= 0; dot = name.IndexOf('.', dot + 1))
        {
            if (_byEnd.TryGetValue(name[(dot + 1)..], out string? type))
            {
                return type;
            }
        }

        return Unknown;
    }

    /// <summary>Whether files of this type may have compressed ones beside them: those that are compressed in themselves never have.</summary>
    public static bool IsCompressible(string type)
        => Array.Exists(CompressibleImages, type.StartsWith) || !Array.Exists(Compressed, type.StartsWith);

    private static IEnumerable<KeyValuePair<string, string>> Each(string type, params string[] ends) => ends.Select(end => KeyValuePair.Create(end, type));
}
