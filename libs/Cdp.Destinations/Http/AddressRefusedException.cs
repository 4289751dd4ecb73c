using System.Net;

namespace Cdp.Destinations.Http;

/// <summary>A host has an address that is not public, and the destination may not use private ones.</summary>
internal sealed class AddressRefusedException(string host, IPAddress address, string kind)
    : IOException($"{host} has the address {address}, which is not public ({kind}); use a public host, or allow private addresses for this destination");
