using Hydra.Http;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class FieldListTests
{
    [Theory]
    [InlineData(true, "close")]
    [InlineData(true, "Close, X")]
    [InlineData(true, "x,\tCLOSE ")]
    [InlineData(true, "x", "y, close")]
    [InlineData(true, ",,close,")]
    [InlineData(false, "closed")]
    [InlineData(false, "x-close")]
    [InlineData(false, "close x")]
    [InlineData(false, "")]
    [InlineData(false)]
    public void Contains_Token_IsAnElement(bool expected, params string[] lines)
        => Assert.Equal(expected, FieldList.Contains(new StringValues(lines), "close"));
}
