using System.Text;
using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Primitives;

public sealed class MountPlaceTests
{
    [Theory]
    [InlineData("/api", "", "/api")]
    [InlineData("/api/", "", "/api")]
    [InlineData("/", "", "")]
    [InlineData("/a/b%20c", "", "/a/b c")]
    [InlineData("/a/%2A", "", "/a/*")]
    [InlineData("/caf%C3%A9", "", "/café")]
    [InlineData("/café", "", "/café")]
    [InlineData("Example.ORG", "example.org", "")]
    [InlineData("example.org./x", "example.org", "/x")]
    [InlineData("*.example.org/x/y", "*.example.org", "/x/y")]
    [InlineData("bücher.example", "xn--bcher-kva.example", "")]
    [InlineData("127.0.0.1", "127.0.0.1", "")]
    [InlineData("[::1]/x", "[::1]", "/x")]
    [InlineData("shop", "shop", "")]
    public void Read_Place_HasHostAndPath(string text, string host, string path)
    {
        Assert.Null(MountPlace.Read(text, out MountPlace place));

        Assert.Equal((host, path), (place.Host, place.Path));
        Assert.Equal(MountPlace.At(host, path), place);
    }

    [Theory]
    [InlineData("", "it names no place; write /path, a host, or host/path.")]
    [InlineData("example.org:8000/x", "\"example.org:8000\" has a port: a mount is at a host's name, whatever port the server listens at.")]
    [InlineData("[::1]:80", "\"[::1]:80\" has a port: a mount is at a host's name, whatever port the server listens at.")]
    [InlineData("http://example.org", "\"http:\" is not the name of a host, such as example.org or *.example.org; a path begins with a slash.")]
    [InlineData("a*.org", "\"a*.org\" is not the name of a host, such as example.org or *.example.org; a path begins with a slash.")]
    [InlineData("/a//b", "\"/a//b\" is not a path that requests can have.")]
    [InlineData("/a/../b", "\"/a/../b\" is not a path that requests can have.")]
    [InlineData("/a/*", "\"/a/*\" has a *, which stands for nothing in a path here: write /a, which takes all that is below it, too.")]
    [InlineData("/a/*/b", "\"/a/*/b\" has a *, which stands for nothing in a path here: write /a, which takes all that is below it, too.")]
    [InlineData("/a/b*", "\"/a/b*\" has a *, which stands for nothing in a path here: write /a, which takes all that is below it, too.")]
    [InlineData("/*", "\"/*\" has a *, which stands for nothing in a path here: write /, which takes all that is below it, too.")]
    [InlineData("*.a.org/*", "\"*.a.org/*\" has a *, which stands for nothing in a path here: write *.a.org, which takes all that is below it, too.")]
    [InlineData("/a?b", "\"/a?b\" is not a path that requests can have.")]
    [InlineData("/a%0Ab", "\"/a\nb\" is not a path that requests can have.")]
    public void Read_OtherText_SaysWhatIsWrong(string text, string problem) => Assert.Equal(problem, MountPlace.Read(text, out _));

    [Theory]
    [InlineData("/api", "/api", true)]
    [InlineData("/api", "/api/", true)]
    [InlineData("/api", "/api/x", true)]
    [InlineData("/api", "/apix", false)]
    [InlineData("/api", "/ap", false)]
    [InlineData("/api", "/API", false)]
    [InlineData("/api", "/%61pi/x", true)]
    [InlineData("/api", "/api%2Fx", true)]
    [InlineData("/api", "/api%2fx", true)]
    [InlineData("/api", "/api%", false)]
    [InlineData("/api", "/api%2", false)]
    [InlineData("/api", "//api/x", false)]
    [InlineData("/api", "/x/../api", false)]
    [InlineData("/api", "", false)]
    [InlineData("/api", "*", false)]
    [InlineData("/café", "/caf%C3%A9/x", true)]
    [InlineData("/", "/anything", true)]
    [InlineData("/", "*", true)]
    [InlineData("/", "", true)]
    public void TakesPath_OwnAndBelow_IsAsTheApplicationReadsIt(string place, string path, bool takes)
    {
        Assert.Null(MountPlace.Read(place, out MountPlace mount));

        Assert.Equal(takes, mount.TakesPath(Encoding.Latin1.GetBytes(path)));
    }

    [Theory]
    [InlineData("example.org", "example.org", true)]
    [InlineData("example.org", "EXAMPLE.org.", true)]
    [InlineData("example.org", "www.example.org", false)]
    [InlineData("example.org", "", false)]
    [InlineData("*.example.org", "www.example.org", true)]
    [InlineData("*.example.org", "a.b.Example.org", true)]
    [InlineData("*.example.org", "example.org", false)]
    [InlineData("*.example.org", ".example.org", false)]
    [InlineData("*.example.org", "badexample.org", false)]
    [InlineData("[::1]", "[::1]", true)]
    [InlineData("/x", "", true)]
    [InlineData("/x", "anything", true)]
    public void TakesHost_Name_IsWithoutCaseAndDot(string place, string host, bool takes)
    {
        Assert.Null(MountPlace.Read(place, out MountPlace mount));

        Assert.Equal(takes, mount.TakesHost(host));
    }

    [Fact]
    public void Order_OfPlaces_AsksTheMostParticularFirst()
    {
        string[] wanted = ["a.example.org/x", "a.example.org", "*.b.example.org", "*.example.org/x", "*.example.org", "/x/yyy", "/x", "/"];
        MountPlace[] places = [.. wanted.Reverse().Select(static text => MountPlace.Read(text, out MountPlace place) is null ? place : MountPlace.Everywhere)];

        Assert.Equal(wanted, places.Order(MountPlace.Order).Select(static place => place.ToString()));
    }
}
