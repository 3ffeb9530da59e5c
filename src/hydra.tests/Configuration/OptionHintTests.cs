using Hydra.Configuration;
using Xunit;

namespace Hydra.Tests.Configuration;

public sealed class OptionHintTests
{
    private static readonly string[] Names = ["--send-timeout", "--ws-ping-timeout", "--ws-max-size", "--ssl-ca", "--log-file", "--no-log-file", "--a-file", "--b-file", "--c-file"];

    [Theory]
    [InlineData("--ping-timeout", "--ws-ping-timeout")]
    [InlineData("--ping_timeout", "--ws-ping-timeout")]
    [InlineData("--log_file", "--log-file")]
    [InlineData("--Max-Size", "--ws-max-size")]
    [InlineData("--ws", "--ws-ping-timeout or --ws-max-size")]
    [InlineData("--timeout", "--send-timeout or --ws-ping-timeout")]
    [InlineData("--log", "--log-file")]
    [InlineData("--no-log", "--no-log-file")]
    [InlineData("--send-timout", "--send-timeout")]
    [InlineData("--file", "--a-file")]
    [InlineData("--ize", null)]
    [InlineData("--x", null)]
    [InlineData("--", null)]
    public void For_WhatThereIsNot_IsThoseWithItsWordsOrTheNearest(string written, string? expected) => Assert.Equal(expected, OptionHint.For(written, Names));
}
