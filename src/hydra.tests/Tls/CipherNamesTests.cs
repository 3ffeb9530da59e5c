using System.Net.Security;
using Hydra.Tls;
using Xunit;

namespace Hydra.Tests.Tls;

public sealed class CipherNamesTests
{
    [Theory]
    [InlineData("ECDHE-RSA-AES128-GCM-SHA256", TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)]
    [InlineData("ecdhe-ecdsa-aes256-gcm-sha384", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)]
    [InlineData("ECDHE-RSA-CHACHA20-POLY1305", TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256)]
    [InlineData("AES128-SHA", TlsCipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA)]
    [InlineData("TLS_AES_256_GCM_SHA384", TlsCipherSuite.TLS_AES_256_GCM_SHA384)]
    [InlineData("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)]
    public void Read_Name_IsThatSuite(string name, TlsCipherSuite suite)
    {
        Assert.Null(CipherNames.Read(name, out IReadOnlyList<TlsCipherSuite> suites));

        Assert.Equal([suite], suites);
    }

    [Theory]
    [InlineData("TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384")]
    [InlineData("TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384")]
    public void Read_List_KeepsItsOrder(string text)
    {
        Assert.Null(CipherNames.Read(text, out IReadOnlyList<TlsCipherSuite> suites));

        Assert.Equal([TlsCipherSuite.TLS_AES_128_GCM_SHA256, TlsCipherSuite.TLS_AES_256_GCM_SHA384], suites);
    }

    [Theory]
    [InlineData("", "it names no cipher suite.")]
    [InlineData("HIGH", "\"HIGH\" is not the name of a cipher suite, such as ECDHE-RSA-AES128-GCM-SHA256; classes and exceptions (HIGH, !aNULL) are not known.")]
    public void Read_OtherText_SaysWhatIsWrong(string text, string problem) => Assert.Equal(problem, CipherNames.Read(text, out _));
}
