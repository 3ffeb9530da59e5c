using System.Net;
using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Primitives;

public sealed class AddressTextTests
{
    [Theory]
    [InlineData("1.2.3.4", "1.2.3.4")]
    [InlineData("::1", "::1")]
    [InlineData("2001:DB8::1", "2001:db8::1")]
    [InlineData("::ffff:1.2.3.4", "1.2.3.4")]
    public void TryRead_Address_IsRead(string text, string expected)
    {
        Assert.True(AddressText.TryRead(text, out IPAddress address));
        Assert.Equal(expected, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("127.1")]
    [InlineData("01.2.3.4")]
    [InlineData("1.2.3.256")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("::1%lo")]
    [InlineData("[::1]")]
    [InlineData("1:2")]
    [InlineData("localhost")]
    public void TryRead_WhatIsNone_IsNot(string text) => Assert.False(AddressText.TryRead(text, out _));
}
