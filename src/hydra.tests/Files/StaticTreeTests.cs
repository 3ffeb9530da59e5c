using System.Text;
using Hydra.Files;
using Hydra.Tests.Dispatch;
using Hydra.Tests.Workers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Files;

/// <summary><see cref="StaticTree"/> with the <see cref="FoundFile"/>s and <see cref="Representation"/>s that it finds.</summary>
public sealed class StaticTreeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("", true, TreeResult.File)]
    [InlineData("", false, TreeResult.Redirect)]
    [InlineData("sub", true, TreeResult.Redirect)]
    [InlineData("sub/", true, TreeResult.File)]
    [InlineData("bare", true, TreeResult.Missing)]
    [InlineData("bare/", true, TreeResult.Missing)]
    [InlineData("sub/index.html", true, TreeResult.File)]
    [InlineData("sub/index.html/", true, TreeResult.Missing)]
    public void Find_Directories_HaveTheirIndex(string path, bool isRooted, object expected)
    {
        _directory.File("index.html");
        _directory.File("sub/index.html");
        _directory.File("bare/x");
        Assert.Equal(expected, Tree().Find(path, isRooted, out FoundFile? file));
        file?.Dispose();
    }

    [Theory]
    [InlineData("bare", TreeResult.Redirect)]
    [InlineData("bare/", TreeResult.Listing)]
    [InlineData("none/", TreeResult.Missing)]
    [InlineData("bare/x/", TreeResult.Missing)]
    public void Find_Listing_IsOfDirectoriesWithoutIndex(string path, object expected)
    {
        _directory.File("bare/x");
        Assert.Equal(expected, Tree(new StaticSettings { Lists = true, Index = "index.html" }).Find(path, true, out _));
    }

    [Fact]
    public void Find_Siblings_AreItsForms()
    {
        _directory.File("app.js", "plain");
        _directory.File("app.js.gz", "gzip");
        _directory.File("app.js.br", "brotli");
        using FoundFile file = Find(Tree(), "app.js");

        Assert.Equal("plain", Text(file.For("")));
        Assert.Equal("brotli", Text(file.For("gzip, br")));
        Assert.Equal("gzip", Text(file.For("gzip")));
        Assert.Equal("plain", Text(file.For("zstd")));
        Assert.True(file.IsInMemory);
        Assert.Equal(15, file.MemorySize);
        Assert.EndsWith("-br\"", file.For("br").Validators.ETag, StringComparison.Ordinal);
        Assert.Equal(3, new[] { file.For(""), file.For("br"), file.For("gzip") }.Select(static form => form.Validators.ETag).Distinct().Count());
    }

    [Fact]
    public void Find_SiblingIsOlder_IsNotTaken()
    {
        string gzip = _directory.File("app.js.gz", "old");
        string plain = _directory.File("app.js", "plain");
        File.SetLastWriteTimeUtc(gzip, File.GetLastWriteTimeUtc(plain).AddSeconds(-2));
        using FoundFile file = Find(Tree(), "app.js");

        Assert.False(file.IsCoded);
    }

    [Fact]
    public void Find_CompressedInItself_HasNoForms()
    {
        _directory.File("a.png", "plain");
        _directory.File("a.png.gz", "gzip");
        using FoundFile file = Find(Tree(), "a.png");

        Assert.False(file.IsCoded);
    }

    [Fact]
    public void Find_LargeFile_IsOpenInThePlaceOfMemory()
    {
        _directory.File("large.js", new string('x', (int)HotFiles.LargestFile + 1));
        using FoundFile file = Find(Tree(), "large.js");

        Assert.False(file.IsInMemory);
        Assert.NotNull(file.Plain.File);
        Assert.Equal(0, file.MemorySize);
    }

    // Builds that are to be the same give every file the same time, whatever is in it.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(315532800)]
    public void Find_TimeOfNothing_CountsForNothing(long seconds)
    {
        File.SetLastWriteTimeUtc(_directory.File("a.css", "a"), DateTime.UnixEpoch.AddSeconds(seconds));
        File.SetLastWriteTimeUtc(_directory.File("large.css", new string('x', (int)HotFiles.LargestFile + 1)), DateTime.UnixEpoch.AddSeconds(seconds));
        using FoundFile file = Find(Tree(), "a.css");
        using FoundFile large = Find(Tree(), "large.css");

        Assert.Equal(new Validators("\"ca978112ca1bbdcafac231b3\"", null), file.Plain.Validators);
        Assert.Equal(new Validators(null, null), large.Plain.Validators);
    }

    [LinuxFact]
    public void IsSameAs_RewrittenInPlaceWithTheSameSizeAndTime_IsNot()
    {
        string path = _directory.File("index.html", "<script src=/a-1.js>");
        DateTime time = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(path, time);
        StaticTree tree = Tree();
        using FoundFile first = Find(tree, "index.html");
        using FoundFile again = Find(tree, "index.html");
        Assert.True(first.IsSameAs(again));
        FoundFile later;
        do
        {
            File.WriteAllText(path, "<script src=/a-2.js>");
            File.SetLastWriteTimeUtc(path, time);
            later = Find(tree, "index.html");
        }
        while (later.Plain.Mark.Changed == first.Plain.Mark.Changed);

        Assert.False(first.IsSameAs(later));
        Assert.NotEqual(first.Plain.Validators.ETag, later.Plain.Validators.ETag);
    }

    [Fact]
    public void IsSameAs_AnotherLook_TellsWhetherAnythingIsOtherwise()
    {
        string path = _directory.File("a.css", "a");
        StaticTree tree = Tree();
        using FoundFile first = Find(tree, "a.css");
        using FoundFile second = Find(tree, "a.css");
        File.WriteAllText(path, "ab");
        using FoundFile third = Find(tree, "a.css");

        Assert.True(first.IsSameAs(second));
        Assert.False(first.IsSameAs(third));
    }

    [Fact]
    public void Find_Manifest_SaysWhichNamesAreForEver()
    {
        _directory.File("css/a.abc.css", "a");
        _directory.File("css/a.css", "a");
        StaticTree tree = Tree();
        Assert.Equal(CacheRules.Ask, CacheControl(tree, "css/a.abc.css"));
        _directory.File("staticfiles.json", """{"paths": {"css/a.css": "css/a.abc.css", "same.css": "same.css"}, "version": "1.1", "hash": "x"}""");
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(CacheRules.Immutable, CacheControl(tree, "css/a.abc.css"));
        Assert.Equal(CacheRules.Ask, CacheControl(tree, "css/a.css"));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("[]", false)]
    [InlineData("{}", false)]
    [InlineData("""{"paths": {}}""", false)]
    [InlineData("""{"paths": [], "version": "1"}""", false)]
    [InlineData("""{"paths": {"a": 1}, "version": "1"}""", true)]
    public void DjangoManifest_Read_TakesNothingElse(string json, bool isManifest)
        => Assert.Equal(isManifest, DjangoManifest.Read(Encoding.UTF8.GetBytes(json)) is not null);

    [Fact]
    public void Relative_OnlyFile_IsItAlone()
    {
        var tree = new StaticTree(new StaticSource(_directory.Path, "/favicon.ico", false) { OnlyFile = "icon.ico" }, new StaticSettings(), _time, NullLogger.Instance);

        Assert.Equal("icon.ico", tree.Relative("/favicon.ico"));
        Assert.Equal("icon.ico/x", tree.Relative("/favicon.ico/x"));
        Assert.Equal(("", "a/b"), (Tree().Relative("/static"), Tree().Relative("/static/a/b")));
    }

    [Fact]
    public void List_Names_AreHarmless()
    {
        _directory.File("<b>&\".txt");
        _directory.File("a:b");
        _directory.File(".hidden");
        _directory.File("100% caf\u00e9.txt");
        _directory.File("z/x");
        string page = Tree().List("");

        Assert.Contains("<li><a href=\"./%3Cb%3E&amp;%22.txt\">&lt;b&gt;&amp;&quot;.txt</a></li>", page, StringComparison.Ordinal);
        Assert.Contains("href=\"./100%25%20caf%C3%A9.txt\"", page, StringComparison.Ordinal);
        Assert.Contains("<a href=\"./z/\">z/</a>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", page, StringComparison.Ordinal);
        Assert.DoesNotContain("a:b", page, StringComparison.Ordinal);
        Assert.DoesNotContain("../", page, StringComparison.Ordinal);
        Assert.Contains("<a href=\"../\">", DirectoryListing.Of(_directory.At("z"), "/z", hasParent: true), StringComparison.Ordinal);
    }

    private StaticTree Tree(StaticSettings? settings = null)
        => new(new StaticSource(_directory.Path, "/static", false), settings ?? new StaticSettings { Index = "index.html" }, _time, NullLogger.Instance);

    private static FoundFile Find(StaticTree tree, string path)
    {
        Assert.Equal(TreeResult.File, tree.Find(path, true, out FoundFile? file));
        return file!;
    }

    private static string CacheControl(StaticTree tree, string path)
    {
        using FoundFile file = Find(tree, path);
        return file.CacheControl;
    }

    private static string Text(Representation form) => Encoding.UTF8.GetString(form.Content!);
}
