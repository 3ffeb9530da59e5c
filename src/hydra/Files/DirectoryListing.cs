using System.Globalization;
using System.Net;
using System.Text;

namespace Hydra.Files;

/// <summary>The page that lists a directory.</summary>
internal static class DirectoryListing
{
    // A page of more is of no use to anybody, and making it of use to those who want the server busy.
    private const int Most = 10_000;

    /// <summary>Makes the page. Waits for the disk.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="title">What it is called.</param>
    /// <param name="hasParent">Whether there is one above that may be shown.</param>
    public static string Of(string directory, string title, bool hasParent)
    {
        List<FileSystemInfo> entries = [];
        try
        {
            entries.AddRange(new DirectoryInfo(directory).EnumerateFileSystemInfos().Where(static entry => IsShown(entry.Name)).Take(Most));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has gone, or may be entered and not be read.
        }

        var page = new StringBuilder();
        string name = WebUtility.HtmlEncode(title);
        page.Append(CultureInfo.InvariantCulture, $"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{name}</title></head>\n");
        page.Append(CultureInfo.InvariantCulture, $"<body><h1>{name}</h1>\n<ul>\n{(hasParent ? "<li><a href=\"../\">../</a></li>\n" : "")}");
        foreach (FileSystemInfo entry in entries.OrderBy(static entry => entry is FileInfo).ThenBy(static entry => entry.Name, StringComparer.Ordinal))
        {
            string slash = entry is DirectoryInfo ? "/" : "";

            // "./": a name with a colon would be a scheme.
            page.Append("<li><a href=\"./").Append(WebUtility.HtmlEncode(FilePath.Encode(entry.Name))).Append(slash).Append("\">")
                .Append(WebUtility.HtmlEncode(entry.Name)).Append(slash).Append("</a></li>\n");
        }

        return page.Append("</ul></body></html>\n").ToString();
    }

    private static bool IsShown(string name) => FilePath.IsPlainPart(name) && !name.AsSpan().ContainsAny('\\', ':');
}
