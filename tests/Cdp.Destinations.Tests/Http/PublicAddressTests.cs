using System.Net;
using Cdp.Destinations.Http;
using Xunit;

namespace Cdp.Destinations.Tests.Http;

public sealed class PublicAddressTests
{
    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("1.1.1.1")]
    [InlineData("9.255.255.255")]
    [InlineData("11.0.0.0")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("192.167.255.255")]
    [InlineData("168.63.129.15")]
    [InlineData("223.255.255.255")]
    [InlineData("2606:4700:4700::1111")]
    [InlineData("2001:4860:4860::8888")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::808:808")]
    public void Objection_PublicAddress_IsNone(string address) => Assert.Null(PublicAddress.Objection(IPAddress.Parse(address)));

    [Theory]
    [InlineData("0.0.0.0", "this host or network")]
    [InlineData("10.0.0.1", "private")]
    [InlineData("10.255.255.255", "private")]
    [InlineData("100.64.0.1", "shared by a carrier (CGNAT)")]
    [InlineData("100.100.100.200", "shared by a carrier (CGNAT)")]
    [InlineData("127.0.0.1", "loopback")]
    [InlineData("127.255.255.254", "loopback")]
    [InlineData("169.254.169.254", "link-local")]
    [InlineData("168.63.129.16", "a cloud's metadata service")]
    [InlineData("172.16.0.1", "private")]
    [InlineData("172.31.255.255", "private")]
    [InlineData("192.0.0.192", "reserved for protocols")]
    [InlineData("192.0.2.1", "for documentation")]
    [InlineData("192.168.1.1", "private")]
    [InlineData("198.18.0.1", "for benchmarks")]
    [InlineData("224.0.0.1", "multicast")]
    [InlineData("239.255.255.255", "multicast")]
    [InlineData("240.0.0.1", "reserved or broadcast")]
    [InlineData("255.255.255.255", "reserved or broadcast")]
    // Other notations that address parsers accept.
    [InlineData("2130706433", "loopback")]
    [InlineData("0x7f000001", "loopback")]
    [InlineData("0177.0.0.1", "loopback")]
    [InlineData("127.1", "loopback")]
    [InlineData("0xa9fea9fe", "link-local")]
    [InlineData("::", "unspecified")]
    [InlineData("::1", "loopback")]
    [InlineData("fc00::1", "unique local")]
    [InlineData("fd00:ec2::254", "unique local")]
    [InlineData("fe80::1", "link-local")]
    [InlineData("fe80::1%2", "link-local")]
    [InlineData("fec0::1", "site-local")]
    [InlineData("ff02::1", "multicast")]
    [InlineData("2001:db8::1", "for documentation")]
    [InlineData("3fff::1", "for documentation")]
    [InlineData("2001::1", "reserved for protocols")]
    [InlineData("2001:20::1", "reserved for protocols")]
    [InlineData("5f00::1", "not assigned")]
    [InlineData("100::1", "not assigned")]
    // IPv4 addresses embedded in IPv6 addresses.
    [InlineData("::ffff:127.0.0.1", "loopback")]
    [InlineData("::ffff:10.0.0.1", "private")]
    [InlineData("::ffff:a9fe:a9fe", "link-local")]
    [InlineData("::127.0.0.1", "loopback")]
    [InlineData("64:ff9b::7f00:1", "loopback")]
    [InlineData("64:ff9b::a9fe:a9fe", "link-local")]
    [InlineData("64:ff9b:1::7f00:1", "a local NAT64")]
    [InlineData("2002:7f00:1::", "6to4")]
    [InlineData("2002:808:808::", "6to4")]
    public void Objection_OtherAddress_NamesItsKind(string address, string kind) =>
        Assert.Equal(kind, PublicAddress.Objection(IPAddress.Parse(address)));
}
