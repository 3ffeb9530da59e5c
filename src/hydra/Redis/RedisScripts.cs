namespace Hydra.Redis;

/// <summary>
/// What the server is to do as one command. Times are the server's own; numbers of 64 bits stay text, since Lua has doubles alone. Each answers a list that begins with a
/// status of the protocol.
/// </summary>
internal static class RedisScripts
{
    // Microseconds since 1970, which doubles have exactly until the year 2255.
    private const string Now = "local t=redis.call('TIME') local now=t[1]*1000000+t[2]\nlocal function whole(x) return string.format('%.0f',x) end\n";

    // A version grows with each change of a value. It begins with the time: a value that has gone and comes again has a larger one, also after a failover.
    private const string Version = "local function version(old) local v=now if old and v<=tonumber(old) then v=tonumber(old)+1 end return whole(v) end\n";

    // Has the front that has waited longest know that there is something, and passes over those that are not there any more.
    private const string Wake = """
        local function wake(queue,fronts,word,handed)
         while true do
          local f=redis.call('ZRANGE',queue,0,0)[1]
          if not f then return end
          if redis.call('EXISTS',fronts..f)==1 then
           if handed then redis.pcall('SET',handed,f,'PX',200) end
           redis.call('PUBLISH',fronts..f,word)
           return
          end
          redis.call('ZREM',queue,f)
         end
        end

        """;

    // A message into a channel. Each begins with when it is too old, in microseconds, or 0.
    private const string PushFunction = """
        local function push(list,queue,fronts,value,ms,capacity)
         if redis.call('LLEN',list)>=capacity then
          local all=redis.call('LRANGE',list,0,-1)
          redis.call('DEL',list)
          for i=1,#all do
           local till=tonumber(string.match(all[i],'^(%d+)|'))
           if till==0 or till>now then redis.call('RPUSH',list,all[i]) end
          end
          if redis.call('LLEN',list)>=capacity then return false end
         end
         local ttl=redis.call('PTTL',list)
         redis.call('RPUSH',list,(ms>0 and whole(now+ms*1000) or '0')..'|'..value)
         if ms==0 then redis.call('PERSIST',list) elseif ttl==-2 or (ttl>=0 and ttl<ms) then redis.call('PEXPIRE',list,whole(ms)) end
         wake(queue,fronts,'C'..list)
         return true
        end

        """;

    /// <summary>SET. Key; how (a: absent, p: present, v: version, k: keep the time, n: a number), milliseconds, version, value.</summary>
    public static RedisScript Set { get; } = new(Now + Version + """
        local how,ms=ARGV[1],tonumber(ARGV[2])
        local function has(c) return string.find(how,c,1,true) end
        local old=redis.call('HGET',KEYS[1],'t')
        if (has('a') and old) or (has('p') and not old) or (has('v') and (old or '0')~=ARGV[3]) then
         if old then return {2,old} end
         return {1,'0'}
        end
        local new=version(old)
        redis.call('HSET',KEYS[1],has('n') and 'n' or 'v',ARGV[4],'t',new)
        redis.call('HDEL',KEYS[1],has('n') and 'v' or 'n')
        if not (has('k') and old) then
         if ms>0 then redis.call('PEXPIRE',KEYS[1],ARGV[2]) else redis.call('PERSIST',KEYS[1]) end
        end
        return {0,new}
        """);

    /// <summary>ADD. Key, and that of the idempotency key; how (c: create, k: keep the time), number to begin with, what is added, milliseconds, those of the idempotency key.</summary>
    public static RedisScript Add { get; } = new(Now + Version + """
        local how=ARGV[1]
        local k=KEYS[1]
        if KEYS[2] then
         local b=redis.call('HMGET',KEYS[2],'n','t')
         if b[1] then return {0,b[1],b[2]} end
        end
        local o=redis.call('HMGET',k,'n','t')
        local isnew=not o[2]
        if isnew and not string.find(how,'c',1,true) then return {1} end
        if not isnew and not o[1] then return {3} end
        if isnew then redis.call('HSET',k,'n',ARGV[2]) end
        local s=redis.pcall('HINCRBY',k,'n',ARGV[3])
        if type(s)=='table' and s.err then
         if isnew then redis.call('DEL',k) end
         if string.find(s.err,'overflow',1,true) then return {6} end
         return s
        end
        s=redis.call('HGET',k,'n')
        local new=version(o[2])
        redis.call('HSET',k,'t',new)
        if isnew or not string.find(how,'k',1,true) then
         if tonumber(ARGV[4])>0 then redis.call('PEXPIRE',k,ARGV[4]) else redis.call('PERSIST',k) end
        end
        if KEYS[2] then
         redis.call('HSET',KEYS[2],'n',s,'t',new)
         redis.call('PEXPIRE',KEYS[2],ARGV[5])
        end
        return {0,s,new}
        """);

    /// <summary>DELETE of one version. Key; version.</summary>
    public static RedisScript Delete { get; } = new("""
        local old=redis.call('HGET',KEYS[1],'t')
        if not old then return {1} end
        if old~=ARGV[1] then return {2,old} end
        redis.call('UNLINK',KEYS[1])
        return {0}
        """);

    /// <summary>TOUCH. Key; milliseconds.</summary>
    public static RedisScript Touch { get; } = new("""
        if redis.call('EXISTS',KEYS[1])==0 then return {1} end
        if tonumber(ARGV[1])>0 then redis.call('PEXPIRE',KEYS[1],ARGV[1]) else redis.call('PERSIST',KEYS[1]) end
        return {0}
        """);

    /// <summary>RATE, as the generic cell rate algorithm. Key; cost, limit, period in milliseconds.</summary>
    public static RedisScript Rate { get; } = new(Now + """
        local hits,limit,period=tonumber(ARGV[1]),tonumber(ARGV[2]),tonumber(ARGV[3])*1000
        local step=period/limit
        local used=tonumber(redis.call('GET',KEYS[1]) or '0')
        if used<now then used=now end
        local nxt=used+step*hits
        local wait=nxt-(now+period)
        local function left(u) local l=math.floor((period-u)/step+1e-6) if l<0 then l=0 end return l end
        local function up(x) return math.ceil(x/1000) end
        if wait>0.5 then return {2,left(used-now),hits>limit and -1 or up(wait)} end
        if hits>0 then redis.call('SET',KEYS[1],string.format('%.3f',nxt),'PX',whole(math.max(1,up(nxt-now)))) end
        return {0,left(nxt-now),up(nxt-now)}
        """);

    /// <summary>WINDOW: each hit is remembered. Key; cost, limit, period in milliseconds.</summary>
    public static RedisScript Window { get; } = new(Now + """
        local k,hits,limit,period=KEYS[1],tonumber(ARGV[1]),tonumber(ARGV[2]),tonumber(ARGV[3])*1000
        redis.call('ZREMRANGEBYSCORE',k,'-inf',whole(now-period))
        local c=redis.call('ZCARD',k)
        local function oldest()
         local o=redis.call('ZRANGE',k,0,0,'WITHSCORES')
         if o[2] then return math.ceil((tonumber(o[2])+period-now)/1000) end
         return 0
        end
        if hits==0 then return {0,c,oldest()} end
        if c+hits>limit then return {2,c,oldest()} end
        local stamp=whole(now)
        local some={}
        for i=1,hits do
         some[#some+1]=stamp
         some[#some+1]=stamp..':'..(c+i)
         if #some==2000 or i==hits then redis.call('ZADD',k,unpack(some)) some={} end
        end
        redis.call('PEXPIRE',k,ARGV[3])
        return {0,c+hits,oldest()}
        """);

    /// <summary>
    /// ACQUIRE. Lock, who waits, to whom it was offered, the front's key, the last token; which attempt, places, the lease in milliseconds, how long a front lives,
    /// what fronts' keys begin with, the front, whether it waits. Answers the token, or milliseconds after which to ask again.
    /// </summary>
    public static RedisScript Acquire { get; } = new(Now + Wake + """
        local lock,queue,handed,me,last=KEYS[1],KEYS[2],KEYS[3],KEYS[4],KEYS[5]
        local attempt,places,lease,fronts,front=ARGV[1],tonumber(ARGV[2]),tonumber(ARGV[3]),ARGV[5],ARGV[6]
        if redis.call('PEXPIRE',me,ARGV[4])==0 then redis.call('SET',me,'1','PX',ARGV[4]) end
        local held,hint=0,nil
        local all=redis.call('HGETALL',lock)
        for i=1,#all,2 do
         local till,who,which=string.match(all[i+1],'^(%d+)|([^|]*)|(.*)$')
         till=tonumber(till)
         local left=till==0 and math.huge or (till-now)/1000
         local alive=redis.call('PTTL',fronts..who)
         if left<=0 or alive==-2 then
          redis.call('HDEL',lock,all[i])
         else
          if which==attempt then return {0,all[i]} end
          held=held+1
          left=math.min(left,alive<0 and math.huge or alive+1)
          hint=math.min(hint or left,left)
         end
        end
        if held<places then
         local to=redis.call('GET',handed)
         if not to or to==front then
          local token=now
          local before=redis.call('GET',last)
          if before and token<=tonumber(before) then token=tonumber(before)+1 end
          token=whole(token)
          redis.call('SET',last,token)
          redis.call('HSET',lock,token,(lease>0 and whole(now+lease*1000) or '0')..'|'..front..'|'..attempt)
          local ttl,want=redis.call('PTTL',lock),lease>0 and lease+60000 or 86400000
          if ttl<want then redis.call('PEXPIRE',lock,whole(want)) end
          redis.call('ZREM',queue,front)
          if to then redis.call('DEL',handed) end
          if held+1<places then wake(queue,fronts,'L'..lock,handed) end
          return {0,token}
         end
         hint=redis.call('PTTL',handed)
        end
        if ARGV[7]=='1' then
         redis.call('ZADD',queue,'NX',whole(now),front)
         redis.call('PEXPIRE',queue,60000)
        end
        return {7,math.ceil(math.min(hint or 0,60000))}
        """);

    /// <summary>RELEASE: of a token, or of whatever an attempt has got. Lock, who waits, to whom it was offered; token, attempt, what fronts' keys begin with.</summary>
    public static RedisScript Release { get; } = new(Now + Wake + """
        local token,found=ARGV[1],nil
        if token=='' then
         local all=redis.call('HGETALL',KEYS[1])
         for i=1,#all,2 do
          if string.match(all[i+1],'^%d+|[^|]*|(.*)$')==ARGV[2] then token=all[i] found=all[i+1] end
         end
        else
         found=redis.call('HGET',KEYS[1],token)
        end
        if not found then return {1} end
        redis.call('HDEL',KEYS[1],token)
        wake(KEYS[2],ARGV[3],'L'..KEYS[1],KEYS[3])
        local till=tonumber(string.match(found,'^(%d+)|'))
        if till~=0 and till<=now then return {1} end
        return {0}
        """);

    /// <summary>EXTEND. Lock; token, milliseconds.</summary>
    public static RedisScript Extend { get; } = new(Now + """
        local found=redis.call('HGET',KEYS[1],ARGV[1])
        if not found then return {1} end
        local till,rest=string.match(found,'^(%d+)(|.*)$')
        till=tonumber(till)
        if till~=0 and till<=now then return {1} end
        local ms=tonumber(ARGV[2])
        redis.call('HSET',KEYS[1],ARGV[1],(ms>0 and whole(now+ms*1000) or '0')..rest)
        local ttl,want=redis.call('PTTL',KEYS[1]),ms>0 and ms+60000 or 86400000
        if ttl<want then redis.call('PEXPIRE',KEYS[1],whole(want)) end
        return {0}
        """);

    /// <summary>A front waits no more, for a lock or at a channel. Who waits, to whom it was offered; the front, what fronts' keys begin with, the word for the next.</summary>
    public static RedisScript Leave { get; } = new(Wake + """
        redis.call('ZREM',KEYS[1],ARGV[1])
        if ARGV[4]=='C' then
         if redis.call('LLEN',KEYS[2])>0 then wake(KEYS[1],ARGV[2],ARGV[3]) end
        elseif redis.call('GET',KEYS[2])==ARGV[1] then
         redis.call('DEL',KEYS[2])
         wake(KEYS[1],ARGV[2],ARGV[3],KEYS[2])
        end
        return {0}
        """);

    /// <summary>A front lives. Its key; milliseconds.</summary>
    public static RedisScript Beat { get; } = new("""
        if redis.call('PEXPIRE',KEYS[1],ARGV[1])==0 then redis.call('SET',KEYS[1],'1','PX',ARGV[1]) end
        return {0}
        """);

    /// <summary>PUSH. Channel, who waits; value, milliseconds, capacity, what fronts' keys begin with.</summary>
    public static RedisScript Push { get; } = new(Now + Wake + PushFunction + """
        return {push(KEYS[1],KEYS[2],ARGV[4],ARGV[1],tonumber(ARGV[2]),tonumber(ARGV[3])) and 0 or 2}
        """);

    /// <summary>PULL. Channel, who waits, the front's key; the front, whether it waits, what fronts' keys begin with, how long a front lives. Answers the message, and it as it stands in the list.</summary>
    public static RedisScript Pull { get; } = new(Now + Wake + """
        if redis.call('PEXPIRE',KEYS[3],ARGV[4])==0 then redis.call('SET',KEYS[3],'1','PX',ARGV[4]) end
        while true do
         local one=redis.call('LPOP',KEYS[1])
         if not one then break end
         local till,value=string.match(one,'^(%d+)|(.*)$')
         till=tonumber(till)
         if till==0 or till>now then
          redis.call('ZREM',KEYS[2],ARGV[1])
          if redis.call('LLEN',KEYS[1])>0 then wake(KEYS[2],ARGV[3],'C'..KEYS[1]) end
          return {0,value,whole(till)}
         end
        end
        if ARGV[2]=='1' then
         redis.call('ZADD',KEYS[2],'NX',whole(now),ARGV[1])
         redis.call('PEXPIRE',KEYS[2],60000)
        end
        return {7,60000}
        """);

    /// <summary>A message that nobody has taken is given back. Channel, who waits; value, till when in microseconds, what fronts' keys begin with.</summary>
    public static RedisScript GiveBack { get; } = new(Now + Wake + """
        redis.call('LPUSH',KEYS[1],ARGV[2]..'|'..ARGV[1])
        local till=tonumber(ARGV[2])
        if till==0 then redis.call('PERSIST',KEYS[1]) elseif redis.call('PTTL',KEYS[1])==-1 and redis.call('LLEN',KEYS[1])==1 then
         redis.call('PEXPIRE',KEYS[1],whole(math.max(1,(till-now)/1000)))
        end
        wake(KEYS[2],ARGV[3],'C'..KEYS[1])
        return {0}
        """);

    /// <summary>GROUP_ADD. Group; channel, capacity, milliseconds.</summary>
    public static RedisScript GroupAdd { get; } = new(Now + """
        local ms=tonumber(ARGV[3])
        local ttl=redis.call('PTTL',KEYS[1])
        redis.call('HSET',KEYS[1],ARGV[1],(ms>0 and whole(now+ms*1000) or '0')..'|'..ARGV[2])
        if ms==0 then redis.call('PERSIST',KEYS[1]) elseif ttl==-2 or (ttl>=0 and ttl<ms) then redis.call('PEXPIRE',KEYS[1],ARGV[3]) end
        return {0}
        """);

    /// <summary>GROUP_SEND. Group; value, milliseconds, what keys of channels begin with, and of those who wait there, and of fronts.</summary>
    public static RedisScript GroupSend { get; } = new(Now + Wake + PushFunction + """
        local sent,left=0,0
        local all=redis.call('HGETALL',KEYS[1])
        for i=1,#all,2 do
         local till,capacity=string.match(all[i+1],'^(%d+)|(%d+)$')
         till=tonumber(till)
         if till~=0 and till<=now then
          redis.call('HDEL',KEYS[1],all[i])
         elseif push(ARGV[3]..all[i],ARGV[4]..all[i],ARGV[5],ARGV[1],tonumber(ARGV[2]),tonumber(capacity)) then
          sent=sent+1
         else
          left=left+1
         end
        end
        return {0,sent,left}
        """);

    /// <summary>PUBLISH. How many subscribe at each front; the channel, the message, what fronts' keys begin with, the front. Answers how many get it, but for those of the front itself.</summary>
    public static RedisScript Publish { get; } = new("""
        if redis.call('PUBLISH',ARGV[1],ARGV[2])==0 then return {0,0} end
        local sum=0
        local all=redis.call('HGETALL',KEYS[1])
        for i=1,#all,2 do
         if all[i]~=ARGV[4] then
          if redis.call('EXISTS',ARGV[3]..all[i])==1 then sum=sum+tonumber(all[i+1]) else redis.call('HDEL',KEYS[1],all[i]) end
         end
        end
        return {0,sum}
        """);

    /// <summary>How many subscribe at a front. How many at each; the front, how many.</summary>
    public static RedisScript Count { get; } = new("""
        if ARGV[2]=='0' then redis.call('HDEL',KEYS[1],ARGV[1]) else redis.call('HSET',KEYS[1],ARGV[1],ARGV[2]) redis.call('PEXPIRE',KEYS[1],86400000) end
        return {0}
        """);

    /// <summary>
    /// A member has so many connections at a front. Members of the topic, how many subscribe at each front; the front, the member, how many, what is known, what fronts' keys begin with, the channel, what is published when it
    /// comes, and when it leaves. Each field begins with the length of the front's name, which all have alike.
    /// </summary>
    public static RedisScript Member { get; } = new("""
        local mine=ARGV[1]..ARGV[2]
        local function others()
         local all=redis.call('HKEYS',KEYS[2])
         for i=1,#all do
          if all[i]~=ARGV[1] and redis.call('HEXISTS',KEYS[1],all[i]..ARGV[2])==1 and redis.call('EXISTS',ARGV[5]..all[i])==1 then return true end
         end
         return false
        end
        local was=redis.call('HEXISTS',KEYS[1],mine)==1
        local is=ARGV[3]~='0'
        if is then
         redis.call('HSET',KEYS[1],mine,ARGV[3]..'|'..ARGV[4])
         redis.call('PEXPIRE',KEYS[1],86400000)
        else
         redis.call('HDEL',KEYS[1],mine)
        end
        if was~=is and not others() then redis.call('PUBLISH',ARGV[6],is and ARGV[7] or ARGV[8]) end
        return {0}
        """);

    /// <summary>PRESENCE. How many subscribe at each front, members of the topic; what fronts' keys begin with, length of a front's name, whether members are wanted.</summary>
    public static RedisScript Presence { get; } = new("""
        local sum,size=0,tonumber(ARGV[2])
        local known={}
        local function lives(f) if known[f]==nil then known[f]=redis.call('EXISTS',ARGV[1]..f)==1 end return known[f] end
        local all=redis.call('HGETALL',KEYS[1])
        for i=1,#all,2 do
         if lives(all[i]) then sum=sum+tonumber(all[i+1]) else redis.call('HDEL',KEYS[1],all[i]) end
        end
        local members={}
        if ARGV[3]=='1' then
         all=redis.call('HGETALL',KEYS[2])
         for i=1,#all,2 do
          if lives(string.sub(all[i],1,size)) then
           members[#members+1]=string.sub(all[i],size+1)
           members[#members+1]=all[i+1]
          else
           redis.call('HDEL',KEYS[2],all[i])
          end
         end
        end
        return {0,sum,members}
        """);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<RedisScript> All { get; } =
    [
        Set, Add, Delete, Touch, Rate, Window, Acquire, Release, Extend, Leave, Beat, Push, Pull, GiveBack, GroupAdd, GroupSend, Publish, Count, Member, Presence,
    ];
}
