using System.Text;
using Hydra.Primitives;
using Hydra.Tests.Functional.Harness;
using Xunit;

namespace Hydra.Tests.Primitives;

public sealed class OddPathTests
{
    [Theory]
    [InlineData("2f746d70")]
    [InlineData("636166e9")]
    [InlineData("636166c3a9")]
    [InlineData("e9e9f09f9880e9")]
    [InlineData("e282")]
    [InlineData("eda080")]
    [InlineData("ff2ffe2f80")]
    public void Decode_AnyBytes_AreTheSameWhenEncoded(string hex)
    {
        byte[] path = Convert.FromHexString(hex);

        Assert.Equal(path, OddPath.Encode(OddPath.Decode(path)));
    }

    [Fact]
    public void Decode_BytesThatAreNoText_AreAsPythonHasThem() => Assert.Equal("caf\udce9/é", OddPath.Decode([.. "caf"u8, 0xe9, .. "/é"u8]));

    // Not as data of a theory: an attribute keeps its text as UTF-8.
    [Fact]
    public void IsOdd_LoneSurrogates_AreWhatIsNoText()
    {
        Assert.True(OddPath.IsOdd("/srv/caf\udce9"));
        Assert.True(OddPath.IsOdd("\udce9"));
        Assert.True(OddPath.IsOdd("\ud83d\udc80\udce9\ud83d\udc80"));
        Assert.False(OddPath.IsOdd("/srv/café/\ud83d\udc80"));
    }

    [Fact]
    public void Reach_OrdinaryPath_IsItself() => Assert.Equal("/srv/café", OddPath.Reach("/srv/café"));

    [LinuxFact]
    public void Reach_OddDirectory_LeadsToWhatItIsNow()
    {
        using var odd = new OddDirectory();
        string path = OddPath.Decode(odd.Bytes) + "/file";

        Assert.False(File.Exists(OddPath.Reach(path)));
        odd.Shell("echo one > \"$ODD/file\"");
        string first = OddPath.Reach(path);
        Assert.Equal("one\n", File.ReadAllText(first));
        odd.Shell("rm -r \"$ODD\"; mkdir \"$ODD\"; echo two > \"$ODD/file\"");

        Assert.Equal(first, OddPath.Reach(path));
        Assert.Equal("two\n", File.ReadAllText(first));
    }

    [LinuxFact]
    public void Reach_Missing_IsNoOtherFile()
    {
        using var odd = new OddDirectory();
        string path = OddPath.Decode(odd.Bytes) + "-not";
        File.WriteAllText(path.Replace('\udce9', '\ufffd'), "looks alike");

        Assert.False(File.Exists(OddPath.Reach(path)));
    }

    [LinuxFact]
    public void ResolvePath_OddNames_AreWhatTheyLeadTo()
    {
        using var odd = new OddDirectory();
        odd.Shell("mkdir \"$ODD/one\"; ln -s one \"$ODD/current\"");
        string path = OddPath.Decode(odd.Bytes);

        Assert.Equal(path + "/one", LibC.ResolvePath(path + "/current"));
        Assert.Equal(Encoding.Latin1.GetString(odd.Bytes) + "/one", Encoding.Latin1.GetString(OddPath.Encode(LibC.ResolvePath(path + "/current")!)));
    }
}
