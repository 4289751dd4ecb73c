using cdp;

namespace Cdp.Profiles.Splitting;

/// <summary>How a state becomes the bytes that stand in another one, in the framing of the registry.</summary>
public sealed record StateCodec(Func<Profile, byte[]> Encode, Func<byte[], Profile> Decode);
