using Hydra.Http;
using Xunit;

namespace Hydra.Tests.Http;

public sealed class DeflateOfferTests
{
    [Theory]
    [InlineData("permessage-deflate", true)]
    [InlineData("permessage-deflate; client_max_window_bits", true)]
    [InlineData("permessage-deflate; client_max_window_bits=9; server_no_context_takeover; client_no_context_takeover", true)]
    [InlineData("permessage-deflate; server_max_window_bits=15", true)]
    [InlineData("x-other, permessage-deflate;client_max_window_bits=\"10\"", true)]
    [InlineData("permessage-deflate; server_max_window_bits=10, permessage-deflate", true)]
    [InlineData("permessage-deflate; server_max_window_bits=10", false)]
    [InlineData("permessage-deflate; server_max_window_bits", false)]
    [InlineData("permessage-deflate; client_max_window_bits=16", false)]
    [InlineData("permessage-deflate; client_max_window_bits=7", false)]
    [InlineData("permessage-deflate; client_no_context_takeover=1", false)]
    [InlineData("permessage-deflate; client_no_context_takeover; client_no_context_takeover", false)]
    [InlineData("permessage-deflate; unknown", false)]
    [InlineData("permessage-bzip2", false)]
    [InlineData("", false)]
    public void Choose_Offers_TheFirstThatCanBeTaken(string offers, bool isTaken)
        => Assert.Equal(isTaken ? "permessage-deflate; server_no_context_takeover; client_no_context_takeover" : null, DeflateOffer.Choose(offers));
}
