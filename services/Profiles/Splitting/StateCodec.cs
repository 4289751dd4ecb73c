using cdp;

namespace Cdp.Profiles.Splitting;

/// <summary>Encodes and decodes a state that is embedded as bytes in another state, in the framing of the schema registry.</summary>
public sealed record StateCodec(Func<Profile, byte[]> Encode, Func<byte[], Profile> Decode);
