using Hydra.Files;
using Xunit;

namespace Hydra.Tests.Files;

/// <summary>What names of files say: <see cref="MediaTypes"/>, <see cref="HashedNames"/> and <see cref="CacheRules"/>.</summary>
public sealed class NamesTests
{
    [Theory]
    [InlineData("a/index.html", "text/html; charset=utf-8")]
    [InlineData("APP.CSS", "text/css; charset=utf-8")]
    [InlineData("app.min.js", "text/javascript; charset=utf-8")]
    [InlineData("chunk.mjs", "text/javascript; charset=utf-8")]
    [InlineData("app.js.map", "application/json")]
    [InlineData("site.webmanifest", "application/manifest+json")]
    [InlineData("font.woff2", "font/woff2")]
    [InlineData("m.wasm", "application/wasm")]
    [InlineData("logo.svg", "image/svg+xml")]
    [InlineData("p.avif", "image/avif")]
    [InlineData("robots.txt", "text/plain; charset=utf-8")]
    [InlineData("data.tar.gz", "application/gzip")]
    [InlineData("LICENSE", "application/octet-stream")]
    [InlineData("a.b/none", "application/octet-stream")]
    [InlineData("x.own", "text/x-own")]
    [InlineData("x.double.own", "text/x-double")]
    public void MediaTypes_Of_IsThatOfTheLongestEnd(string name, string expected)
        => Assert.Equal(expected, new MediaTypes([new("own", "text/x-own"), new("double.own", "text/x-double")]).Of(name));

    [Theory]
    [InlineData("text/css; charset=utf-8", true)]
    [InlineData("image/svg+xml", true)]
    [InlineData("application/wasm", true)]
    [InlineData("font/ttf", true)]
    [InlineData("font/woff2", false)]
    [InlineData("image/png", false)]
    [InlineData("video/mp4", false)]
    public void MediaTypes_IsCompressible_LeavesOutWhatIsCompressed(string type, bool expected) => Assert.Equal(expected, MediaTypes.IsCompressible(type));

    [Theory]
    [InlineData("css/app.0123456789ab.css", true)]
    [InlineData("main.073c9b0a.js", true)]
    [InlineData("main.073c9b0a.chunk.js", true)]
    [InlineData("main.073c9b0a.js.map", true)]
    [InlineData("vendor-8e0d62a03f6e8d8b2c1a.js", true)]
    [InlineData("assets/index-DiwrgTda.js", true)]
    [InlineData("assets/index-B1_x-9aZ.css", true)]
    [InlineData("_app/immutable/entry.BCxa0Q1w.js", true)]
    [InlineData("index-DiwrgTda.js", false)]
    [InlineData("app.css", false)]
    [InlineData("assets/my-settings.js", false)]
    [InlineData("assets/the-Document.js", false)]
    [InlineData("photo-20240101.jpg", false)]
    [InlineData("jquery-3.7.1.min.js", false)]
    [InlineData("the.facade00", false)]
    [InlineData("red-deadbeef.css", false)]
    [InlineData("550e8400-e29b-41d4-a716-44665544000f.jpg", false)]
    [InlineData("3f2a9c1d.js", false)]
    [InlineData("index.html", false)]
    [InlineData("page.0123456789ab.html", false)]
    public void HashedNames_IsHashed_TakesNoOtherNames(string path, bool expected) => Assert.Equal(expected, HashedNames.IsHashed(path));

    [Theory]
    [InlineData("a/index.html", "no-store")]
    [InlineData("downloads/a/b.zip", "private")]
    [InlineData("b.zip", "no-cache")]
    [InlineData("app.0123456789ab.css", CacheRules.Immutable)]
    [InlineData("app.0123456789ab.html", "no-store")]
    public void CacheRules_Of_IsTheFirstPatternThatFits(string path, string expected)
        => Assert.Equal(expected, new CacheRules([new("*.html", "no-store"), new("downloads/*", "private"), new("*.htm?", "public")], CacheRules.Ask).Of(path, null));

    [Fact]
    public void CacheRules_Manifest_CountsInThePlaceOfGuesses()
    {
        var manifest = new HashSet<string> { "css/app.abc.css" };
        var rules = new CacheRules([], CacheRules.Ask);

        Assert.Equal(CacheRules.Immutable, rules.Of("css/app.abc.css", manifest));
        Assert.Equal(CacheRules.Ask, rules.Of("main.073c9b0a.js", manifest));
    }
}
