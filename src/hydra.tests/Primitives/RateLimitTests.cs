using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Primitives;

public sealed class RateLimitTests
{
    [Theory]
    [InlineData("", "/", true)]
    [InlineData("/login", "/login", true)]
    [InlineData("/login", "/login/", true)]
    [InlineData("/login", "/login/two", true)]
    [InlineData("/login", "/logins", false)]
    [InlineData("/login", "/", false)]
    [InlineData("/api/", "/api/x", true)]
    [InlineData("/api/", "/api", false)]
    public void Covers_Path_IsThatAndWhatIsBelow(string limited, string path, bool covers)
        => Assert.Equal(covers, new RateLimit(limited, 1, TimeSpan.FromSeconds(1), 1).Covers(path));
}
