using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Primitives;

public sealed class SecretNamesTests
{
    [Theory]
    [InlineData("Authorization")]
    [InlineData("Proxy-Authorization")]
    [InlineData("Cookie")]
    [InlineData("Set-Cookie")]
    [InlineData("X-Api-Key")]
    [InlineData("X-CSRFToken")]
    [InlineData("X-Amz-Security-Token")]
    [InlineData("password")]
    [InlineData("newPassword2")]
    [InlineData("access_token")]
    [InlineData("client-secret")]
    [InlineData("sessionid")]
    [InlineData("PIN")]
    public void Is_NameOfASecret_IsOne(string name) => Assert.True(SecretNames.Is(name));

    [Theory]
    [InlineData("Accept")]
    [InlineData("Content-Type")]
    [InlineData("author")]
    [InlineData("keyboard")]
    [InlineData("pinned")]
    [InlineData("")]
    public void Is_AnyOtherName_IsNone(string name) => Assert.False(SecretNames.Is(name));
}
