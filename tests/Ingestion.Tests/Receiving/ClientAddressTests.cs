using System.Net;
using Cdp.Ingestion.Receiving;
using Xunit;

namespace Cdp.Ingestion.Tests.Receiving;

public sealed class ClientAddressTests
{
    [Theory]
    [InlineData("1.2.3.4", "9.9.9.9", "1.2.3.4")]
    [InlineData("10.0.0.1", "9.9.9.9", "9.9.9.9")]
    [InlineData("10.0.0.1", "9.9.9.9:5678", "9.9.9.9")]
    [InlineData("10.0.0.1", "8.8.8.8, 9.9.9.9", "9.9.9.9")]
    [InlineData("10.0.0.1", "9.9.9.9, 10.0.0.2", "9.9.9.9")]
    [InlineData("10.0.0.1", "unknown", "10.0.0.1")]
    [InlineData("10.0.0.1", null, "10.0.0.1")]
    [InlineData("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1")]
    [InlineData("10.0.0.1", "10.0.0.3", "10.0.0.3")]
    public void Find_ForwardedFor_UsesItFromTrustedProxiesOnly(string remote, string? forwardedFor, string expected) =>
        Assert.Equal(IPAddress.Parse(expected), ClientAddress.Find(IPAddress.Parse(remote), forwardedFor, [IPNetwork.Parse("10.0.0.0/8")]));

    [Theory]
    [InlineData("10.0.0.0/8", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("::1", true)]
    [InlineData("proxy", false)]
    [InlineData("10.0.0.0/99", false)]
    public void TryParseNetwork_Text_AcceptsAddressesAndNetworks(string text, bool good) => Assert.Equal(good, ClientAddress.TryParseNetwork(text, out _));
}
