using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Hydra.Edge;

/// <summary>A traceback of Python's as a page for who is writing the code. All that comes from outside is escaped.</summary>
internal static partial class TracebackPage
{
    // Lines before and behind the one that is meant.
    private const int Around = 3;
    private const int MostFrames = 200;
    private const long LargestFile = 4 << 20;

    private const string Style = """
        body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1c1e21;background:#f6f7f9}
        header{background:#8b1a2b;color:#fff;padding:1.2rem 2rem}h1{font-size:1.3rem;margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
        header p{margin:.4rem 0 0;opacity:.85}main{padding:1rem 2rem;max-width:75rem}
        section{margin:.6rem 0;border-left:4px solid #c9cdd4;background:#fff}section.own{border-color:#d9822b}
        h2{font:14px/1.4 ui-monospace,monospace;margin:0;padding:.4rem .8rem;color:#666}section.own h2{color:#1c1e21;font-weight:600}
        pre{font:13px/1.5 ui-monospace,monospace;margin:0;padding:.2rem .8rem .6rem;overflow-x:auto}pre b{background:#fde7c7;font-weight:inherit;display:inline-block;min-width:100%}
        details{margin-top:1.2rem}i{color:#9aa0a8;font-style:normal;user-select:none}
        @media(prefers-color-scheme:dark){body{color:#e4e6ea;background:#17191d}section{background:#202329}section.own h2{color:#fff}h2{color:#aaa}pre b{background:#5a4014}}
        """;

    private const string Script = $$$"""
        <script>(async()=>{for(;;){try{const r=await fetch("{{{DevelopmentPart.WaitPath}}}?VERSION",{cache:"no-store"});
        if(r.ok&&(await r.text()).trim()!=="VERSION"){location.reload();return}}catch{}
        await new Promise(d=>setTimeout(d,300))}})()</script>
        """;

    /// <summary>The page.</summary>
    /// <param name="heading">What has happened, in a sentence.</param>
    /// <param name="traceback">As Python prints it; empty where there is none.</param>
    /// <param name="version">What <see cref="DevelopmentPart.WaitPath"/> is asked with.</param>
    /// <param name="reloads">Whether the page may be asked for again by itself.</param>
    /// <param name="readLines">Reads the lines of a file, or gives none.</param>
    public static string Html(string heading, string traceback, int version, bool reloads, Func<string, IReadOnlyList<string>>? readLines = null)
    {
        var page = new StringBuilder("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>");
        page.Append(Escape(FirstLine(heading))).Append("</title><style>").Append(Style).Append("</style><header><h1>").Append(Escape(heading)).Append("</h1><p>");
        page.Append(reloads ? "This page comes again by itself when the code has changed." : "Send the request again when the code has changed: it is not sent by itself.");
        page.Append("</p></header><main>");
        AppendFrames(page, traceback, readLines ?? ReadLines);
        if (traceback.Length > 0)
        {
            page.Append("<details><summary>Traceback as text</summary><pre>").Append(Escape(traceback)).Append("</pre></details>");
        }

        page.Append("</main>");
        if (reloads)
        {
            page.Append(Script.Replace("VERSION", version.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        }

        return page.Append("</html>\n").ToString();
    }

    /// <summary>Whether a file is the user's, and not Python's or an installed package's.</summary>
    public static bool IsOwn(string file)
        => !file.StartsWith('<') && !InstalledFile().IsMatch(file.Replace('\\', '/'));

    private static void AppendFrames(StringBuilder page, string traceback, Func<string, IReadOnlyList<string>> readLines)
    {
        int frames = 0;
        foreach (string line in traceback.Split('\n'))
        {
            Match frame = FrameLine().Match(line.TrimEnd('\r'));
            if (frame.Success && frames++ < MostFrames)
            {
                string file = frame.Groups[1].Value;
                page.Append(IsOwn(file) ? "<section class=\"own\"><h2>" : "<section><h2>");
                page.Append(Escape(file)).Append(':').Append(frame.Groups[2].Value);
                page.Append(frame.Groups[3].Length > 0 ? " in " + Escape(frame.Groups[3].Value) : "").Append("</h2>");
                AppendSource(page, file, int.TryParse(frame.Groups[2].ValueSpan, CultureInfo.InvariantCulture, out int number) ? number : 0, readLines);
                page.Append("</section>");
            }
            else if (line.Length > 0 && !char.IsWhiteSpace(line[0]) && !line.StartsWith("Traceback ", StringComparison.Ordinal))
            {
                page.Append("<p>").Append(Escape(line)).Append("</p>");
            }
        }
    }

    private static void AppendSource(StringBuilder page, string file, int number, Func<string, IReadOnlyList<string>> readLines)
    {
        // The text of an exception may look like a frame: nothing is shown that is no code.
        IReadOnlyList<string> lines = file.EndsWith(".py", StringComparison.Ordinal) ? readLines(file) : [];
        if (number < 1 || number > lines.Count)
        {
            return;
        }

        page.Append("<pre>");
        for (int i = Math.Max(1, number - Around); i <= Math.Min(lines.Count, number + Around); i++)
        {
            page.Append(i == number ? "<b>" : "").Append(CultureInfo.InvariantCulture, $"<i>{i,5} </i>").Append(Escape(lines[i - 1])).Append(i == number ? "</b>\n" : "\n");
        }

        page.Append("</pre>");
    }

    private static string[] ReadLines(string file)
    {
        try
        {
            return new FileInfo(file) is { Exists: true, Length: <= LargestFile } ? File.ReadAllLines(file) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [];
        }
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0];

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    [GeneratedRegex("^\\s*File \"([^\"]+)\", line ([0-9]{1,9})(?:, in (.*))?$", RegexOptions.CultureInvariant)]
    private static partial Regex FrameLine();

    [GeneratedRegex("/(site|dist)-packages/|/lib(64)?/(python|pypy)[0-9.]+/|/Lib/", RegexOptions.CultureInvariant)]
    private static partial Regex InstalledFile();
}
