using Hydra.Hosting;
using Xunit;

namespace Hydra.Tests.Hosting;

public sealed class AddressSpaceTests
{
    [Theory]
    [InlineData("", false)]
    [InlineData("Limit                     Soft Limit           Hard Limit           Units\nMax address space         unlimited            unlimited            bytes\n", false)]
    [InlineData("Max cpu time              10                   10                   seconds\nMax address space         1024000000           unlimited            bytes\n", true)]
    public void IsLimited_WhatTheSystemSays_IsRead(string limits, bool expected) => Assert.Equal(expected, AddressSpace.IsLimited(limits));
}
