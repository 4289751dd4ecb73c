using Cdp.Hosting;
using Microsoft.Extensions.Hosting;

namespace Cdp.Identifiers;

/// <summary>The identity configuration as part of a host.</summary>
public static class IdentityConfiguration
{
    /// <summary>The option <c>IdentityConfig</c> unless it is set: beside where the process works.</summary>
    public const string DefaultFile = "config/identity.yaml";

    /// <summary>Reads the file at the start, where every fault is one of the configuration, and again whenever it changes.</summary>
    public static LiveFiles<IdentifierTypes> AddIdentifierTypes(this IHostApplicationBuilder builder, string file)
    {
        if (file != DefaultFile && !File.Exists(file)) builder.AddConfigurationErrors([$"IdentityConfig: {file} does not exist; name the file, or leave the option out for {DefaultFile} or the defaults"]);
        return builder.AddLiveFiles("identity", [file], errors => IdentityFile.Read(file, errors));
    }
}
