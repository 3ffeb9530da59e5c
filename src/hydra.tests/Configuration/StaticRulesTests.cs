using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Configuration;

/// <summary>What the options about files amount to.</summary>
public sealed class StaticRulesTests
{
    [Fact]
    public void Parse_Static_IsAPlaceAndADirectory()
    {
        StaticOptions options = Parsing.Run("main:app", "--static", "/static/=staticfiles", "--static", "cdn.example.org/a=/srv/a=b").Server.Static;

        Assert.Equal([("/static", "staticfiles"), ("cdn.example.org/a", "/srv/a=b")], options.Mounts.Select(static mount => (mount.Place.ToString(), mount.Directory)));
        Assert.Null(options.FallsBack);
        Assert.Equal("index.html", options.Index);
    }

    [Fact]
    public void Parse_WordsOfGranian_AreTheSame()
    {
        StaticOptions options = Parsing.Run(
            "main:app", "--static-path-route", "/a", "--static-path-mount", "one", "--static-path-route", "/b", "--static-path-mount", "two",
            "--static-path-dir-to-file", "home.html", "--static-path-expires", "3600").Server.Static;

        Assert.Equal([("/a", "one"), ("/b", "two")], options.Mounts.Select(static mount => (mount.Place.ToString(), mount.Directory)));
        Assert.Equal(("home.html", TimeSpan.FromHours(1)), (options.Index, options.Expires));
        Assert.Equal("/static", Assert.Single(Parsing.Run("main:app", "--static-path-mount", "one").Server.Static.Mounts).Place.ToString());
    }

    [Fact]
    public void Parse_Rules_KeepTheirOrder()
    {
        StaticOptions options = Parsing.Run(
            "main:app", "--static", "/=public", "--static-cache-control", "*.html=no-store, max-age=0", "--static-cache-control", "img/*=private",
            "--static-mime", ".glb=model/gltf-binary", "--static-index", "", "--no-static-fallback").Server.Static;

        Assert.Equal([new("*.html", "no-store, max-age=0"), new("img/*", "private")], options.CacheControl);
        Assert.Equal([new("glb", "model/gltf-binary")], options.MediaTypes);
        Assert.Equal((null, false), (options.Index, options.FallsBack));
    }

    [Theory]
    [InlineData("--static (command line): \"static\" is not of the form PLACE=DIR, such as /static/=staticfiles.", "--static", "static")]
    [InlineData("--static (command line): \"/static=\" is not of the form PLACE=DIR, such as /static/=staticfiles.", "--static", "/static=")]
    [InlineData("--static: /a is given twice: one place shows one directory.", "--static", "/a=x", "--static", "/a/=y")]
    [InlineData("options say how files are served, and none are: --static PLACE=DIR names a directory.", "--static-listing")]
    [InlineData("--static-path-route is given 1 times and --static-path-mount 0 times: each directory has a path, in the same order.", "--static-path-route", "/a")]
    [InlineData("--static-spa (command line): \"../x\" is not the name of a file, such as index.html.", "--static", "/=a", "--static-spa", "../x")]
    [InlineData("--static-mime (command line): \"glb\" is not of the form .END=TYPE, such as .glb=model/gltf-binary.", "--static", "/=a", "--static-mime", "glb")]
    [InlineData("--static-cache-control (command line): \"no-cache\" is not of the form PATTERN=VALUE, such as \"*.html=no-cache\".",
        "--static", "/=a", "--static-cache-control", "no-cache")]
    public void Parse_Wrong_SaysWhatIsRight(string problem, params string[] arguments)
        => Assert.Equal(problem, Assert.Single(Parsing.Errors(["main:app", .. arguments])));
}
