using System.Collections.Frozen;

namespace Hydra.Dashboard;

/// <summary>The files of the page, which travel inside the executable: src/hydra/Dashboard/page.</summary>
internal static class PageFiles
{
    private const string Prefix = "dashboard/";

    private static readonly FrozenDictionary<string, PageFile> Files = new Dictionary<string, PageFile>
    {
        ["/"] = new("index.html", "text/html; charset=utf-8"),
        ["/app.js"] = new("app.js", "text/javascript; charset=utf-8"),
        ["/charts.js"] = new("charts.js", "text/javascript; charset=utf-8"),
        ["/format.js"] = new("format.js", "text/javascript; charset=utf-8"),
        ["/server.js"] = new("server.js", "text/javascript; charset=utf-8"),
        ["/tables.js"] = new("tables.js", "text/javascript; charset=utf-8"),
        ["/style.css"] = new("style.css", "text/css; charset=utf-8"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Where they are.</summary>
    public static IReadOnlyList<string> Paths => Files.Keys;

    /// <summary>The file of a path; null where there is none.</summary>
    public static PageFile? Find(string path) => Files.GetValueOrDefault(path);

    /// <summary>Reads a file.</summary>
    public static byte[] Read(PageFile file)
    {
        using Stream stream = typeof(PageFiles).Assembly.GetManifestResourceStream(Prefix + file.Name) ?? throw new InvalidOperationException($"{file.Name} is not in the executable");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}

/// <summary>A file of the page.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
internal sealed record PageFile(string Name, string Type);
