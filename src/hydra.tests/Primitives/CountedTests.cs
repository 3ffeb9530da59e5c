using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Primitives;

public class CountedTests
{
    [Theory]
    [InlineData(0, "0 workers were")]
    [InlineData(1, "1 worker was")]
    [InlineData(2, "2 workers were")]
    public void Of_ANumber_IsSingularOrPlural(long count, string expected) => Assert.Equal(expected, Counted.Of(count, "worker", "was", "were"));
}
