using System.Text.RegularExpressions;
using Hydra.Dashboard;
using Xunit;

namespace Hydra.Tests.Dashboard;

public sealed partial class PageFilesTests
{
    private const int MostBytes = 100_000;

    private static readonly string[] Sources = Directory.GetFiles(RepositoryFiles.At("src", "hydra", "Dashboard", "page"));

    [Fact]
    public void Files_AreThoseOfTheFolderAndSmall()
    {
        PageFile[] files = [.. PageFiles.Paths.Select(static path => PageFiles.Find(path)!)];

        Assert.Equal(Sources.Select(static file => Path.GetFileName(file)).Order(StringComparer.Ordinal), files.Select(static file => file.Name).Order(StringComparer.Ordinal));
        Assert.All(files, static file => Assert.Equal(File.ReadAllBytes(RepositoryFiles.At("src", "hydra", "Dashboard", "page", file.Name)), PageFiles.Read(file)));
        Assert.InRange(files.Sum(static file => PageFiles.Read(file).Length), 1000, MostBytes);
        Assert.Null(PageFiles.Find("/index.html/"));
    }

    // What the policy forbids would be a page that does not work; what makes markup of text would be one that a path can write into.
    [Fact]
    public void Sources_KeepThePolicy()
        => Assert.All(Sources, static file =>
        {
            string text = File.ReadAllText(file);
            Assert.DoesNotMatch(InlineCode(), text);
            Assert.DoesNotMatch(MarkupOfText(), text);
            Assert.Equal([], Url().Matches(text).Select(static match => match.Value).Where(static url => url != "http://www.w3.org"));
        });

    [Fact]
    public void Scripts_NameOnlyElementsThatThePageHas()
    {
        string page = File.ReadAllText(Sources.Single(static file => file.EndsWith(".html", StringComparison.Ordinal)));
        IEnumerable<string> named = Sources.Where(static file => file.EndsWith("app.js", StringComparison.Ordinal)).SelectMany(static file => Named().Matches(File.ReadAllText(file)))
            .Select(static match => match.Groups[1].Value).Distinct();

        Assert.NotEmpty(named);
        Assert.Equal([], named.Where(id => !page.Contains($"id=\"{id}\"", StringComparison.Ordinal)));
    }

    [GeneratedRegex("""<script(?![^>]*\bsrc=)|\son\w+="|\sstyle="|javascript:|\beval\(|new Function""")]
    private static partial Regex InlineCode();

    [GeneratedRegex(@"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|setHTML")]
    private static partial Regex MarkupOfText();

    [GeneratedRegex(@"\b(https?|wss?)://[\w.]+")]
    private static partial Regex Url();

    [GeneratedRegex("""\$\("([\w-]+)"\)""")]
    private static partial Regex Named();
}
