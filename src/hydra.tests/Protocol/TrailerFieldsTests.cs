using System.Text;
using System.Text.RegularExpressions;
using Hydra.Protocol;
using Xunit;

namespace Hydra.Tests.Protocol;

public sealed partial class TrailerFieldsTests
{
    [Theory]
    [InlineData("content-length", true)]
    [InlineData("Transfer-ENCODING", true)]
    [InlineData("Set-Cookie", true)]
    [InlineData("TE", true)]
    [InlineData("", false)]
    [InlineData("x-sum", false)]
    [InlineData("etag", false)]
    [InlineData("authentication-info", false)]
    [InlineData("grpc-status", false)]
    [InlineData("content-length-of-the-other-kind-that-is-very-long", false)]
    public void IsForbidden_Name_IsWhatHasToBeKnownBeforeTheBody(string name, bool expected)
        => Assert.Equal(expected, TrailerFields.IsForbidden(Encoding.ASCII.GetBytes(name)));

    [Fact]
    public void Names_OfTheShim_AreTheSame()
    {
        string module = File.ReadAllText(RepositoryFiles.At("python", "hydra_worker", "trailers.py"));
        string list = module[module.IndexOf("FORBIDDEN = frozenset(", StringComparison.Ordinal)..];
        list = list[..list.IndexOf(".split()", StringComparison.Ordinal)];
        IEnumerable<string> names = Literal().Matches(list).SelectMany(static match => match.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(TrailerFields.Names.Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex("b\"([^\"]*)\"")]
    private static partial Regex Literal();
}
